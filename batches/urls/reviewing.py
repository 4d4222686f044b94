"""The address of the audit-trail review."""

from django.urls import path

from batches.views import reviewing

urlpatterns = [
    path("batches/<str:number>/audit-trail-review/", reviewing.review, name="audit-trail-review"),
]
