"""Addresses of the isolation."""

from django.urls import path

from batches.views import isolations

urlpatterns = [
    path("batches/<str:number>/isolation/", isolations.isolation, name="isolation"),
    path("batches/<str:number>/isolation/figures/", isolations.isolation_figures_typed, name="isolation-figures"),
]
