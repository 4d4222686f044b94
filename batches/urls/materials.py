"""Addresses of lots and equipment."""

from django.urls import path

from batches.views import materials

urlpatterns = [
    path("lots/", materials.lots, name="lots"),
    path("lots/register/", materials.lot_registration, name="register-lot"),
    path("lots/<int:pk>/", materials.lot, name="lot"),
    path("lots/<int:pk>/decide/", materials.lot_decision, name="decide-lot"),
    path("equipment/", materials.equipment, name="equipment"),
    path("equipment/register/", materials.equipment_registration, name="register-equipment"),
    path("equipment/<int:pk>/", materials.equipment_item, name="equipment-item"),
    path("equipment/<int:pk>/calibrate/", materials.calibration, name="calibrate-equipment"),
    path("equipment/<int:pk>/service/", materials.service, name="equipment-service"),
]
