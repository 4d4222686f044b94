"""Addresses of the batch itself."""

from django.urls import path

from batches.views import batches

urlpatterns = [
    path("batches/<str:number>/", batches.batch, name="batch"),
]
