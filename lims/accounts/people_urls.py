"""Addresses of the people of the laboratory: their accounts, for the administrator; their identity, for QA."""

from django.urls import path

from lims.accounts import identity_views
from lims.accounts import people_views as views

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/add/", views.invite, name="invite"),
    path("people/<str:username>/", views.person, name="person"),
    path("people/<str:username>/name/", views.rename, name="rename"),
    path("people/<str:username>/role/", views.change_role, name="change-role"),
    path("people/<str:username>/disable/", views.disable, name="disable-account"),
    path("people/<str:username>/enable/", views.enable, name="enable-account"),
    path("people/<str:username>/reset-password/", views.reset_password, name="reset-password"),
    path("people/<str:username>/reset-second-factor/", views.reset_second_factor, name="reset-second-factor"),
    path("people/<str:username>/unlock/", views.unlock, name="unlock-account"),
    path("identity/", identity_views.identity, name="identity"),
    path("identity/<str:username>/", identity_views.confirm_identity, name="confirm-identity"),
]
