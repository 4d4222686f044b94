"""Addresses of the fill."""

from django.urls import path

from batches.views import fills

urlpatterns = [
    path("batches/<str:number>/fill/", fills.fill, name="fill"),
    path("batches/<str:number>/fill/figures/", fills.fill_figures_typed, name="fill-figures"),
]
