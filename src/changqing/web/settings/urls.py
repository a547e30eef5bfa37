from __future__ import annotations

from django.urls import path

from changqing.web.settings import account, departments, policies, roles, step_up, users

urlpatterns = [
    path("", account.index, name="settings"),
    path("prove/", step_up.prove, name="settings-prove"),
    path("account/", account.account, name="settings-account"),
    path("account/password/", account.password, name="settings-password"),
    path("account/authenticator/", account.add_totp, name="settings-totp"),
    path("account/security-key/", account.add_key, name="settings-key"),
    path("account/recovery-codes/", account.renew_codes, name="settings-renew-codes"),
    path("account/factors/<int:number>/remove/", account.drop_factor, name="settings-drop-factor"),
    path("account/sessions/end-others/", account.leave_others, name="settings-leave-others"),
    path("account/sessions/<str:handle>/end/", account.leave_session, name="settings-leave-session"),
    path("users/", users.users, name="settings-users"),
    path("users/invite/", users.invite, name="settings-invite"),
    path("users/<int:pk>/", users.user, name="settings-user"),
    path("users/<int:pk>/link/", users.link, name="settings-link"),
    path("users/<int:pk>/charge/", users.charge, name="settings-charge"),
    path("users/<int:pk>/reset-factors/", users.clear_factors, name="settings-reset-factors"),
    path("users/<int:pk>/stop/", users.stop, name="settings-stop"),
    path("users/<int:pk>/restore/", users.restore, name="settings-restore"),
    path("departments/", departments.departments, name="settings-departments"),
    path("departments/<int:pk>/rename/", departments.rename, name="settings-rename-department"),
    path("departments/<int:pk>/move/", departments.move, name="settings-move-department"),
    path("departments/<int:pk>/delete/", departments.delete, name="settings-delete-department"),
    path("roles/", roles.roles, name="settings-roles"),
    path("security/", policies.security, name="settings-security"),
    path("organisation/", policies.organisation, name="settings-organisation"),
    path("data-protection/", policies.data_protection, name="settings-data"),
]
