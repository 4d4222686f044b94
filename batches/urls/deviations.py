"""Addresses of deviations."""

from django.urls import path

from batches.views import deviations

urlpatterns = [
    path("deviations/", deviations.deviations, name="deviations"),
    path("deviations/<str:number>/", deviations.deviation, name="deviation"),
    path("deviations/<str:number>/assess/", deviations.assess, name="deviation-assess"),
    path("deviations/<str:number>/close/", deviations.close, name="deviation-close"),
    path("batches/<str:number>/deviations/", deviations.of_one_batch, name="batch-deviations"),
    path("batches/<str:number>/raise-deviation/", deviations.raise_one, name="raise-deviation"),
]
