"""Addresses of the audit trail."""

from django.urls import path

from lims.ledger import views

urlpatterns = [
    path("ledger/", views.ledger, name="ledger"),
    path("ledger/rows/<str:model>/<str:pk>/", views.row, name="ledger-row"),
    path("ledger/<uuid:pk>/", views.entry, name="ledger-entry"),
]
