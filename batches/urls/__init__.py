"""Every address of the manufacturing domain, noun by noun."""

from django.urls import URLPattern

from batches.urls import (
    attachments,
    batches,
    corrections,
    culture,
    deviations,
    dispositions,
    documents,
    fills,
    harvests,
    infusions,
    isolations,
    issuing,
    materials,
    outcomes,
    paper,
    passages,
    patients,
    reviewing,
    samples,
    training,
)

urlpatterns: list[URLPattern] = [
    *batches.urlpatterns,
    *patients.urlpatterns,
    *issuing.urlpatterns,
    *harvests.urlpatterns,
    *isolations.urlpatterns,
    *materials.urlpatterns,
    *documents.urlpatterns,
    *attachments.urlpatterns,
    *culture.urlpatterns,
    *passages.urlpatterns,
    *paper.urlpatterns,
    *fills.urlpatterns,
    *samples.urlpatterns,
    *deviations.urlpatterns,
    *reviewing.urlpatterns,
    *dispositions.urlpatterns,
    *corrections.urlpatterns,
    *infusions.urlpatterns,
    *outcomes.urlpatterns,
    *training.urlpatterns,
]
