"""Addresses of the worklist, the list of batches and the batch itself."""

from django.urls import path

from batches.views import batch_page, batches, worklist

urlpatterns = [
    path("", worklist.worklist, name="worklist"),
    path("batches/", batches.batches, name="batches"),
    path("batches/<str:number>/", batch_page.batch, name="batch"),
]
