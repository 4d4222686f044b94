"""Addresses of the bedside."""

from django.urls import path

from batches.views import infusions

urlpatterns = [
    path("batches/<str:number>/infusion-check/", infusions.check, name="infusion-check"),
    path("batches/<str:number>/bedside/", infusions.bedside, name="bedside"),
    path("batches/<str:number>/vitals/", infusions.vitals, name="vitals"),
]
