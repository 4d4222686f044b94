"""Addresses of culture days."""

from django.urls import path

from batches.views import culture

urlpatterns = [
    path("batches/<str:number>/observation/", culture.observation, name="observation"),
    path("batches/<str:number>/medium-change/", culture.medium_change, name="medium-change"),
    path("batches/<str:number>/vessel-loss/", culture.vessel_loss, name="vessel-loss"),
]
