"""Addresses of a version of the master batch record, and of the copies issued of it."""

from django.urls import path

from batches.views import issued, masters

urlpatterns = [
    path("masters/<str:code>/<int:version>/", masters.version, name="master"),
    path("masters/<str:code>/<int:version>/copies/", issued.version_panel, name="master-copies"),
    path("masters/<str:code>/<int:version>/copies/issue/", issued.issue_of_version, name="issue-master-copy"),
    path("masters/<str:code>/<int:version>/copies/<int:pk>/retry/", issued.retry_of_version, name="retry-master-copy"),
    path(
        "masters/<str:code>/<int:version>/copies/<int:pk>/copy.pdf",
        issued.download_of_version,
        name="download-master-copy",
    ),
]
