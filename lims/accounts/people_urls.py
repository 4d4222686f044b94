"""Addresses of the people of the laboratory, for the administrator."""

from django.urls import path

from lims.accounts import people_views as views

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/add/", views.invite, name="invite"),
    path("people/<str:username>/", views.person, name="person"),
    path("people/<str:username>/role/", views.change_role, name="change-role"),
    path("people/<str:username>/disable/", views.disable, name="disable-account"),
    path("people/<str:username>/enable/", views.enable, name="enable-account"),
    path("people/<str:username>/reset-password/", views.reset_password, name="reset-password"),
    path("people/<str:username>/reset-second-factor/", views.reset_second_factor, name="reset-second-factor"),
    path("people/<str:username>/unlock/", views.unlock, name="unlock-account"),
]
