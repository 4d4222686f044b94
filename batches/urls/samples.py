"""Addresses of samples and results."""

from django.urls import path

from batches.views import results, samples

urlpatterns = [
    path("batches/<str:number>/sample/", samples.sample, name="sample"),
    path("batches/<str:number>/results/", results.results, name="results"),
    path("batches/<str:number>/results/<int:pk>/", results.result, name="result"),
    path("batches/<str:number>/results/<int:pk>/invalidate/", results.invalidate, name="result-invalidate"),
    path("batches/<str:number>/results/<int:pk>/retest/", results.retest, name="result-retest"),
]
