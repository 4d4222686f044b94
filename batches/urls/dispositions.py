"""The address of QA's review and decision."""

from django.urls import path

from batches.views import dispositions

urlpatterns = [
    path("batches/<str:number>/disposition/", dispositions.disposition, name="disposition"),
]
