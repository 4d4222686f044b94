"""Addresses of patients."""

from django.urls import path

from batches.views import patients

urlpatterns = [
    path("patients/", patients.patients, name="patients"),
    path("patients/enrol/", patients.enrol, name="enrol-patient"),
    path("patients/<str:code>/", patients.patient, name="patient"),
    path("patients/<str:code>/consents/record/", patients.consent, name="record-consent"),
    path("patients/<str:code>/consents/<int:pk>/withdraw/", patients.withdrawal, name="withdraw-consent"),
    path("patients/<str:code>/eligibility/", patients.eligibility, name="assess-eligibility"),
    path("patients/<str:code>/weight/", patients.weight, name="weigh-patient"),
]
