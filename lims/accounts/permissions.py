"""Who may do what: the permissions, and one literal table of roles.

Not here: whether an act is possible now (batches/rules), and who signed what (lims/signatures).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person is in the laboratory. A person has one role."""

    TECHNICIAN = "technician", _("Technician")
    SUPERVISOR = "supervisor", _("Production supervisor")
    ANALYST = "analyst", _("QC analyst")
    QA = "qa", _("QA")
    CLINICIAN = "clinician", _("Clinician")
    ADMINISTRATOR = "administrator", _("Administrator")
    AUDITOR = "auditor", _("Auditor")


class Permission(StrEnum):
    """One thing a person may do."""

    VIEW_RECORDS = "view_records"
    ENROL_PATIENTS = "enrol_patients"
    ISSUE_BATCHES = "issue_batches"
    RECORD_HARVEST = "record_harvest"
    RECORD_PRODUCTION = "record_production"
    TAKE_SAMPLES = "take_samples"
    ENTER_RESULTS = "enter_results"
    RAISE_DEVIATIONS = "raise_deviations"
    DECIDE_DEVIATIONS = "decide_deviations"
    CORRECT_RECORDS = "correct_records"
    DECIDE_DISPOSITION = "decide_disposition"
    REVIEW_AUDIT_TRAIL = "review_audit_trail"
    INFUSE = "infuse"
    RECORD_OUTCOMES = "record_outcomes"
    PRINT_RECORDS = "print_records"
    ISSUE_DOCUMENTS = "issue_documents"
    ISSUE_INFUSION_RECORDS = "issue_infusion_records"
    EXPORT_RECORDS = "export_records"
    IMPORT_RECORDS = "import_records"
    ISSUE_FORMS = "issue_forms"
    TRANSCRIBE_FORMS = "transcribe_forms"
    PRINT_LABELS = "print_labels"
    APPROVE_REPRINTS = "approve_reprints"
    MANAGE_MATERIALS = "manage_materials"
    MANAGE_TRAINING = "manage_training"
    MANAGE_ACCOUNTS = "manage_accounts"
    REVIEW_ACCESS = "review_access"
    CONFIRM_IDENTITY = "confirm_identity"
    ACKNOWLEDGE_NOTICES = "acknowledge_notices"


P = Permission
_EVERYONE_IN_GMP: Final = frozenset({P.VIEW_RECORDS, P.RAISE_DEVIATIONS, P.PRINT_RECORDS, P.ACKNOWLEDGE_NOTICES})

# The administrator runs the system and holds no GMP right, not even to look at a record.
ROLES: Final[dict[str, frozenset[Permission]]] = {
    Role.TECHNICIAN: _EVERYONE_IN_GMP
    | {
        P.RECORD_PRODUCTION,
        P.TAKE_SAMPLES,
        P.CORRECT_RECORDS,
        P.IMPORT_RECORDS,
        P.RECORD_HARVEST,
        P.TRANSCRIBE_FORMS,
        P.PRINT_LABELS,
    },
    Role.SUPERVISOR: _EVERYONE_IN_GMP
    | {
        P.RECORD_PRODUCTION,
        P.TAKE_SAMPLES,
        P.CORRECT_RECORDS,
        P.IMPORT_RECORDS,
        P.RECORD_HARVEST,
        P.ISSUE_BATCHES,
        P.ISSUE_DOCUMENTS,
        P.ISSUE_FORMS,
        P.TRANSCRIBE_FORMS,
        P.PRINT_LABELS,
        P.MANAGE_MATERIALS,
        P.MANAGE_TRAINING,
        P.REVIEW_AUDIT_TRAIL,
        P.CONFIRM_IDENTITY,
    },
    Role.ANALYST: _EVERYONE_IN_GMP | {P.TAKE_SAMPLES, P.ENTER_RESULTS, P.CORRECT_RECORDS, P.PRINT_LABELS},
    Role.QA: _EVERYONE_IN_GMP
    | {
        P.ISSUE_BATCHES,
        P.ISSUE_DOCUMENTS,
        P.ISSUE_FORMS,
        P.TRANSCRIBE_FORMS,
        P.PRINT_LABELS,
        P.APPROVE_REPRINTS,
        P.DECIDE_DEVIATIONS,
        P.DECIDE_DISPOSITION,
        P.REVIEW_AUDIT_TRAIL,
        P.CORRECT_RECORDS,
        P.MANAGE_MATERIALS,
        P.MANAGE_TRAINING,
        P.EXPORT_RECORDS,
        P.REVIEW_ACCESS,
        P.CONFIRM_IDENTITY,
    },
    Role.CLINICIAN: _EVERYONE_IN_GMP
    | {
        P.ENROL_PATIENTS,
        P.RECORD_HARVEST,
        P.INFUSE,
        P.RECORD_OUTCOMES,
        P.CORRECT_RECORDS,
        P.ISSUE_INFUSION_RECORDS,
        P.TRANSCRIBE_FORMS,
    },
    Role.ADMINISTRATOR: frozenset({P.MANAGE_ACCOUNTS, P.ACKNOWLEDGE_NOTICES}),
    # Somebody from outside, or on their behalf: reads everything, writes nothing.
    Role.AUDITOR: frozenset({P.VIEW_RECORDS, P.EXPORT_RECORDS, P.ACKNOWLEDGE_NOTICES}),
}


def allowed(role: str, permission: Permission) -> bool:
    """Whether a role holds a permission."""
    return permission in ROLES.get(role, frozenset())
