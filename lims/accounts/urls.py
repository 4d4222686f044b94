"""Addresses of signing in, unlocking, and one's own account."""

from django.urls import path

from lims.accounts import factor_views, views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/code/", factor_views.code, name="sign-in-code"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("unlock/", views.unlock, name="unlock"),
    path("lock/", views.lock, name="lock"),
    path("here/", views.here, name="here"),
    path("account/password/", views.password, name="password"),
    path("account/second-factor/", factor_views.enrol, name="second-factor"),
    path("account/statement/", views.statement, name="statement"),
]
