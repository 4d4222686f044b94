"""Addresses of corrections."""

from django.urls import path

from batches.views import corrections

urlpatterns = [
    path("batches/<str:number>/corrections/", corrections.corrections, name="corrections"),
    path(
        "batches/<str:number>/corrections/<str:model>/<int:pk>/<str:field>/", corrections.correction, name="correction"
    ),
]
