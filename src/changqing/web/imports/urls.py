from __future__ import annotations

from django.urls import path

from changqing.web.imports import giving, matching, trying, views

urlpatterns = [
    path("imports/", views.imports_page, name="imports"),
    path("imports/files/", trying.hand_over_files, name="hand_over"),
    path("imports/files/start/", trying.start_all, name="start_drafts"),
    path("imports/files/<int:pk>/", trying.draft_page, name="draft"),
    path("imports/files/<int:pk>/say/", trying.say, name="say_of_draft"),
    path("imports/files/<int:pk>/start/", trying.start, name="start_draft"),
    path("imports/files/<int:pk>/drop/", trying.drop, name="drop_draft"),
    path("imports/files/<int:pk>/refused/", trying.refused_rows, name="draft_refused"),
    path("imports/inbox/notice/", views.notice_inbox, name="notice_inbox"),
    path("imports/customers/", matching.strangers_page, name="strangers"),
    path("imports/customers/match/", matching.match, name="match_strangers"),
    path("imports/templates/<slug:kind>.xlsx", giving.template, name="import_template"),
    path("imports/book/<slug:kind>.<slug:shape>", giving.book, name="export_book"),
    path("imports/<int:number>/switch/", views.weigh, name="weigh_switch"),
    path("imports/<int:pk>/mend/", views.mend, name="mend_import"),
    path("imports/<int:number>/undo/", views.undo, name="undo_import"),
    path("imports/<int:number>/redo/", views.redo, name="redo_import"),
    path("imports/<int:pk>/stop/", views.stop, name="stop_import"),
    path("imports/<int:pk>/refused/", views.refused_rows, name="refused_rows"),
]
