from __future__ import annotations

from django.urls import path

from changqing.web.entry import bulk, lists, views

urlpatterns = [
    path("new-account/", views.new_account, name="new_account"),
    path("edit-account/<path:key>/", views.edit, name="edit_account"),
    path("archive-account/<path:key>/", views.archive, name="archive_account"),
    path("restore-account/<path:key>/", views.restore, name="restore_account"),
    path("change-accounts/", bulk.change, name="change_accounts"),
    path("saved-lists/", lists.save, name="save_list"),
    path("saved-lists/<int:pk>/remove/", lists.remove, name="remove_list"),
    path("deeds/<int:pk>/undo/", views.undo, name="undo_deed"),
]
