"""Every address of the manufacturing domain, noun by noun."""

from django.urls import URLPattern

from batches.urls import attachments, batches, documents, harvests

urlpatterns: list[URLPattern] = [
    *batches.urlpatterns,
    *harvests.urlpatterns,
    *documents.urlpatterns,
    *attachments.urlpatterns,
]
