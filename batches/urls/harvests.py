"""Addresses of harvest and receipt."""

from django.urls import path

from batches.views import harvests

urlpatterns = [
    path("batches/<str:number>/harvest/", harvests.harvest, name="harvest"),
    path("batches/<str:number>/receipt/", harvests.receipt, name="receipt"),
]
