"""Addresses of kept files."""

from django.urls import path

from batches.views import attachments

urlpatterns = [
    path("attachments/<int:pk>/", attachments.attachment, name="attachment"),
]
