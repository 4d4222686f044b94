"""Addresses of prints, exports and the record on screen."""

from django.urls import path

from batches.views import documents, exports

urlpatterns = [
    path("records/", documents.records, name="records"),
    path("records/<int:pk>/file/", exports.download, name="download-export"),
    path("records/<int:pk>/retry/", exports.retry, name="retry-export"),
    path("records/year/", exports.year, name="export-year"),
    path("ledger/exports/", exports.trail, name="trail-exports"),
    path("ledger/exports/list/", exports.trail_panel, name="trail-panel"),
    path("batches/<str:number>/record/", documents.record, name="record"),
    path("batches/<str:number>/record.json", documents.record_json, name="record-json"),
    path("batches/<str:number>/prints/", documents.panel, name="prints"),
    path("batches/<str:number>/prints/ask/", documents.ask, name="ask-print"),
    path("batches/<str:number>/prints/export/", exports.ask, name="ask-export"),
    path("batches/<str:number>/prints/<int:pk>/retry/", documents.retry, name="retry-print"),
    path("batches/<str:number>/prints/<int:pk>/record.pdf", documents.download, name="download-print"),
]
