"""Addresses of paper imports."""

from django.urls import path

from batches.views import paper

urlpatterns = [
    path("imports/", paper.imports, name="imports"),
    path("imports/passages/", paper.look, name="look-at-passages"),
    path("imports/passages/import/", paper.import_file, name="import-passages"),
    path("imports/<int:pk>/", paper.paper_import, name="paper-import"),
]
