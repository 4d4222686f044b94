"""Addresses of labels."""

from django.urls import path

from batches.views import labels

urlpatterns = [
    path("batches/<str:number>/labels/", labels.labels, name="labels"),
    path("batches/<str:number>/labels/print/", labels.print_first, name="print-labels"),
    path("batches/<str:number>/labels/reprint/", labels.reprint, name="reprint-labels"),
    path("batches/<str:number>/labels/fill/", labels.print_fill, name="print-fill-label"),
    path("batches/<str:number>/labels/account/", labels.account, name="account-labels"),
    path("batches/<str:number>/labels/<int:pk>/labels.pdf", labels.download, name="download-labels"),
    path("labels/test/<str:kind>.pdf", labels.test, name="test-label"),
]
