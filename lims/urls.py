"""Every address of the site."""

from django.urls import path

from lims.web.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
]
