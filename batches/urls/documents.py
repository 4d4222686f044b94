"""Addresses of prints and of the record on screen."""

from django.urls import path

from batches.views import documents

urlpatterns = [
    path("records/", documents.records, name="records"),
    path("batches/<str:number>/record/", documents.record, name="record"),
    path("batches/<str:number>/record.json", documents.record_json, name="record-json"),
    path("batches/<str:number>/prints/", documents.panel, name="prints"),
    path("batches/<str:number>/prints/ask/", documents.ask, name="ask-print"),
    path("batches/<str:number>/prints/<int:pk>/retry/", documents.retry, name="retry-print"),
    path("batches/<str:number>/prints/<int:pk>/record.pdf", documents.download, name="download-print"),
]
