"""The table of roles, beside the literal one that the laboratory agreed on."""

from __future__ import annotations

import pytest

from lims.accounts.models import User
from lims.accounts.permissions import ROLES, Permission, Role, allowed
from lims.commands import COMMANDS
from lims.signatures.meanings import SENTENCES, Meaning
from tests.cast import Cast

# Written out, not computed: a change of who may do what is to be seen here too.
AGREED = {
    "view_records": {"technician", "supervisor", "analyst", "qa", "clinician", "auditor"},
    "raise_deviations": {"technician", "supervisor", "analyst", "qa", "clinician"},
    "print_records": {"technician", "supervisor", "analyst", "qa", "clinician"},
    "export_records": {"qa", "auditor"},
    "issue_documents": {"supervisor", "qa"},
    "issue_infusion_records": {"clinician"},
    "enrol_patients": {"clinician"},
    "issue_batches": {"supervisor", "qa"},
    "record_harvest": {"technician", "supervisor", "clinician"},
    "record_production": {"technician", "supervisor"},
    "take_samples": {"technician", "supervisor", "analyst"},
    "enter_results": {"analyst"},
    "decide_deviations": {"qa"},
    "correct_records": {"technician", "supervisor", "analyst", "qa", "clinician"},
    "decide_disposition": {"qa"},
    "review_audit_trail": {"supervisor", "qa"},
    "infuse": {"clinician"},
    "record_outcomes": {"clinician"},
    "import_records": {"technician", "supervisor"},
    "issue_forms": {"supervisor", "qa"},
    "transcribe_forms": {"technician", "supervisor", "qa", "clinician"},
    "print_labels": {"technician", "supervisor", "analyst", "qa"},
    "approve_reprints": {"qa"},
    "manage_materials": {"supervisor", "qa"},
    "manage_training": {"supervisor", "qa"},
    "manage_accounts": {"administrator"},
    "review_access": {"qa"},
    "confirm_identity": {"qa", "supervisor"},
    "acknowledge_notices": {"technician", "supervisor", "analyst", "qa", "clinician", "administrator", "auditor"},
}


@pytest.mark.parametrize("permission", list(Permission))
@pytest.mark.clause("11.10(d)", "11.10(g)", "A11-2", "A11-12")
def test_a_permission_is_held_by_the_roles_agreed_on(permission: Permission) -> None:
    assert {role for role in Role.values if allowed(role, permission)} == AGREED[permission]


def test_every_role_and_every_permission_is_in_the_table() -> None:
    assert set(ROLES) == set(Role.values)
    assert frozenset().union(*ROLES.values()) == frozenset(Permission)


@pytest.mark.clause("11.10(g)", "A11-12", "R28")
def test_the_administrator_holds_no_right_over_records() -> None:
    assert ROLES[Role.ADMINISTRATOR] == {Permission.MANAGE_ACCOUNTS, Permission.ACKNOWLEDGE_NOTICES}


def test_the_auditor_reads_and_calls_no_command_on_a_record() -> None:
    reading = {Permission.VIEW_RECORDS, Permission.EXPORT_RECORDS, Permission.ACKNOWLEDGE_NOTICES}
    assert ROLES[Role.AUDITOR] == reading
    for name, run in COMMANDS.items():
        # Other tests make commands of their own.
        if run.__module__.startswith(("batches.", "lims.")):
            mine = name.endswith(("export", "export_at_console")) or name.startswith("notice:")
            assert mine or not allowed(Role.AUDITOR, run.needs), name  # type: ignore[attr-defined]


@pytest.mark.clause("11.10(g)", "A11-15")
def test_who_releases_does_not_produce_test_or_infuse() -> None:
    making = {Permission.RECORD_PRODUCTION, Permission.ENTER_RESULTS, Permission.INFUSE, Permission.RECORD_HARVEST}
    for held in ROLES.values():
        assert Permission.DECIDE_DISPOSITION not in held or not held & making


def test_a_role_that_is_none_may_do_nothing() -> None:
    assert not any(allowed("owner", permission) for permission in Permission)


def test_a_disabled_person_may_do_nothing() -> None:
    person = User(username="aoki.r", role="technician", is_active=False)
    assert not any(person.may(permission) for permission in Permission)


def test_every_command_needs_a_permission_that_somebody_holds() -> None:
    assert COMMANDS
    for name, run in COMMANDS.items():
        needs = run.needs  # type: ignore[attr-defined]
        assert any(allowed(role, needs) for role in Role.values), name


@pytest.mark.clause("R28")
def test_the_administrator_is_refused_every_command_on_records(cast: Cast) -> None:
    administrator = User.objects.get(pk=cast.administrator.pk)
    for name, run in COMMANDS.items():
        # Other tests make commands of their own.
        if run.__module__.startswith("batches."):
            assert not administrator.may(run.needs), name  # type: ignore[attr-defined]


def test_every_meaning_of_a_signature_has_its_sentence() -> None:
    assert {m for m in Meaning if str(SENTENCES[m]).startswith("I ")} == set(Meaning)
