"""Addresses of passages and the final cell harvest."""

from django.urls import path

from batches.views import passages

urlpatterns = [
    path("batches/<str:number>/passage/", passages.passage, name="passage"),
    path("batches/<str:number>/passage/figures/", passages.passage_figures_typed, name="passage-figures"),
    path("batches/<str:number>/cell-harvest/", passages.cell_harvest, name="cell-harvest"),
    path(
        "batches/<str:number>/cell-harvest/figures/", passages.cell_harvest_figures_typed, name="cell-harvest-figures"
    ),
]
