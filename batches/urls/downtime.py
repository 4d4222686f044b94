"""Addresses of downtime forms."""

from django.urls import path

from batches.views import downtime

urlpatterns = [
    path("downtime-forms/", downtime.listed, name="downtime-forms"),
    path("downtime-forms/issue/", downtime.issue, name="issue-forms"),
    path("downtime-forms/<str:form>/", downtime.shown, name="downtime-form"),
    path("downtime-forms/<str:form>/form.pdf", downtime.download, name="download-form"),
    path("downtime-forms/<str:form>/pad.pdf", downtime.download_pad, name="download-pad"),
    path("downtime-forms/<str:form>/transcribe/", downtime.transcribe, name="transcribe-form"),
    path("downtime-forms/<str:form>/void/", downtime.void, name="void-form"),
]
