"""Addresses of notices."""

from django.urls import path

from lims.notices import views

urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/<int:pk>/acknowledge/", views.acknowledge, name="acknowledge-notice"),
]
