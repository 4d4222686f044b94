"""Every address of the site, and the main navigation."""

from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from lims.accounts.permissions import Permission
from lims.web.context import Destination
from lims.web.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("", include("lims.accounts.urls")),
    path("", include("lims.accounts.people_urls")),
    path("", include("lims.accounts.access_review_urls")),
    path("", include("lims.ledger.urls")),
    path("", include("lims.notices.urls")),
    path("", include("batches.urls")),
]

# The platform knows these names only here: where they lead is told by the domain's own addresses.
navigation = [
    Destination(_("Worklist"), "worklist"),
    Destination(_("Batches"), "batches"),
    Destination(_("Patients"), "patients"),
    Destination(_("Lots"), "lots", is_extra=True),
    Destination(_("Equipment"), "equipment", is_extra=True),
    Destination(_("Deviations"), "deviations", is_extra=True),
    Destination(_("Records"), "records", Permission.PRINT_RECORDS, is_extra=True),
    Destination(_("Downtime forms"), "downtime-forms", is_extra=True),
    Destination(_("Training"), "training", is_extra=True),
    Destination(_("Audit trail"), "ledger", is_extra=True),
    Destination(_("People"), "people", Permission.MANAGE_ACCOUNTS),
]

# What the domain does with a page of the platform, by the name of that page's address.
beside = {"ledger": [Destination(_("Export the audit trail"), "trail-exports", Permission.EXPORT_RECORDS)]}

handler400 = "lims.web.errors.bad_request"
handler403 = "lims.web.errors.forbidden"
handler404 = "lims.web.errors.not_found"
handler500 = "lims.web.errors.server_error"
