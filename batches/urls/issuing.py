"""Addresses of issuing, booking and ending a batch."""

from django.urls import path

from batches.views import issuing

urlpatterns = [
    path("patients/<str:code>/issue/", issuing.issue, name="issue-batch"),
    path("batches/<str:number>/book/", issuing.book, name="book"),
    path("batches/<str:number>/end/", issuing.end, name="end-batch"),
]
