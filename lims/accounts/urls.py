"""Addresses of signing in, unlocking, and one's own account."""

from django.urls import path

from lims.accounts import views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("unlock/", views.unlock, name="unlock"),
    path("lock/", views.lock, name="lock"),
    path("here/", views.here, name="here"),
    path("account/password/", views.password, name="password"),
    path("account/statement/", views.statement, name="statement"),
]
