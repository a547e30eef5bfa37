from __future__ import annotations

from django.urls import path

from changqing.web.persons import bringing, posts, views

urlpatterns = [
    path("people/", views.persons, name="relationships"),
    path("people/import", bringing.bring_in, name="contacts-import"),
    path("people/import/undo", bringing.undo, name="contacts-undo"),
    path("people/template.xlsx", bringing.template, name="contacts-template"),
    path("people/<int:pk>/", views.person, name="person"),
    path("people/<int:pk>/rename", views.rename, name="person-rename"),
    path("people/<int:pk>/merge", views.merge, name="person-merge"),
    path("people/<int:pk>/unmerge", views.unmerge, name="person-unmerge"),
    path("people/<int:pk>/export", views.export_one, name="person-export"),
    path("people/<int:pk>/erase", views.erase, name="person-erase"),
    path("people/posts/new", posts.add, name="post-new"),
    path("people/posts/<int:pk>/", posts.edit, name="post"),
    path("people/posts/<int:pk>/end", posts.end, name="post-end"),
]
