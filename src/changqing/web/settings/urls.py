from __future__ import annotations

from django.urls import path

from changqing.web.settings import account, step_up

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
]
