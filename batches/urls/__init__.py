"""Every address of the manufacturing domain, noun by noun."""

from django.urls import URLPattern

from batches.urls import (
    attachments,
    batches,
    culture,
    deviations,
    dispositions,
    documents,
    fills,
    harvests,
    isolations,
    issuing,
    passages,
    patients,
    samples,
)

urlpatterns: list[URLPattern] = [
    *batches.urlpatterns,
    *patients.urlpatterns,
    *issuing.urlpatterns,
    *harvests.urlpatterns,
    *isolations.urlpatterns,
    *documents.urlpatterns,
    *attachments.urlpatterns,
    *culture.urlpatterns,
    *passages.urlpatterns,
    *fills.urlpatterns,
    *samples.urlpatterns,
    *deviations.urlpatterns,
    *dispositions.urlpatterns,
]
