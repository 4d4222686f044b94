"""Addresses of issued copies, and of checking a sheet."""

from django.urls import path

from batches.views import issued

urlpatterns = [
    path("records/check/", issued.check, name="check-sheet"),
    path("batches/<str:number>/copies/", issued.panel, name="copies"),
    path("batches/<str:number>/copies/issue/", issued.issue, name="issue-copy"),
    path("batches/<str:number>/copies/<int:pk>/retry/", issued.retry, name="retry-copy"),
    path("batches/<str:number>/copies/<int:pk>/copy.pdf", issued.download, name="download-copy"),
]
