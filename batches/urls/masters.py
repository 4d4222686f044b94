"""Address of a version of the master batch record."""

from django.urls import path

from batches.views import masters

urlpatterns = [path("masters/<str:code>/<int:version>/", masters.version, name="master")]
