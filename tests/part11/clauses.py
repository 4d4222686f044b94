"""What each clause asks, in words of our own, the code that answers it and what stays the laboratory's.

The tests that show it are not listed here: they say so themselves with `@pytest.mark.clause(…)`. The clause texts are
to be read in the regulations; nothing here quotes them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Clause:
    """One clause. Without `code` the software can't meet it and `duty` says who does."""

    key: str
    asks: str
    code: tuple[str, ...] = ()
    duty: str = ""


PART_11 = (
    Clause(
        "11.10(a)",
        "Systems are validated; altered and invalid records are discerned.",
        ("lims/ledger/verify", "lims/ledger/chain.py", "lims/ledger/checkpoints.py", "tests"),
        "Validation of the installation for its intended use.",
    ),
    Clause(
        "11.10(b)",
        "Accurate and complete copies, readable by people and electronically, can be given to an inspector.",
        ("batches/record/contents.py", "batches/record/writers", "batches/record/export.py"),
        "Who hands copies out, and to whom.",
    ),
    Clause(
        "11.10(c)",
        "Records are protected so that they can be retrieved throughout their retention.",
        ("lims/recorded.py", "lims/ledger/guards.py", "lims/files.py", "lims/backup"),
        "When backups are taken, where they are kept, their restore tests, and the retention period.",
    ),
    Clause(
        "11.10(d)",
        "Only authorised individuals have access.",
        ("lims/accounts/permissions.py", "lims/web/access.py", "lims/web/idle.py"),
        "Deciding who is authorised.",
    ),
    Clause(
        "11.10(e)",
        "Secure, computer-generated, time-stamped audit trails of what is created, changed and deleted.",
        ("lims/commands.py", "lims/ledger/append.py", "lims/ledger/reading.py", "lims/ledger/guards.py"),
        "Reviewing the audit trail, and keeping it as long as the record.",
    ),
    Clause(
        "11.10(f)",
        "Steps and events come in the permitted order.",
        ("batches/rules/sequence.py", "batches/rules/states.py"),
        "Approving the order, as a master batch record version.",
    ),
    Clause(
        "11.10(g)",
        "Authority is checked for use, signing, access, alteration and each operation.",
        ("lims/commands.py", "lims/accounts/permissions.py", "batches/rules/release.py"),
        "Roles given to people, and their six-monthly review.",
    ),
    Clause(
        "11.10(h)",
        "The source of data input is checked where that matters.",
        ("batches/commands/scanning.py", "batches/rules/identity.py", "batches/rules/attachments.py"),
        "Qualification of scanners, counters and printers.",
    ),
    Clause(
        "11.10(i)",
        "People have the education, training and experience for their tasks.",
        ("batches/rules/training.py", "batches/commands/training.py"),
        "The training itself.",
    ),
    Clause(
        "11.10(j)",
        "Written policies hold people accountable for acts under their electronic signatures.",
        ("lims/accounts/commands.py",),
        "The policy. The program asks each person to accept its statement before the first signature.",
    ),
    Clause(
        "11.10(k)",
        "Control over system documentation, with an audit trail of its changes.",
        ("batches/commands/process.py", "docs"),
        "Distribution of procedures; change control of the installation.",
    ),
    Clause(
        "11.30",
        "Open systems: records stay authentic, intact and confidential from creation to receipt.",
        ("lims/settings.py", "lims/web", "lims/ledger/chain.py"),
        "TLS and the network the system is reached over.",
    ),
    Clause(
        "11.50(a)",
        "A signed record shows printed name, date and time, and meaning of the signature.",
        ("lims/signatures/models.py", "lims/signatures/meanings.py", "batches/record/sections/signing.py"),
    ),
    Clause(
        "11.50(b)",
        "These are controlled like the record and part of every readable form of it.",
        ("lims/signatures/models.py", "batches/record/sections/closing.py"),
    ),
    Clause(
        "11.70",
        "Signatures are linked to their records; they can't be excised, copied or moved.",
        ("lims/signatures/subjects.py", "lims/signatures/standing.py", "lims/ledger/verify"),
    ),
    Clause(
        "11.100(a)",
        "Each signature is unique to one individual and never reused or reassigned.",
        ("lims/accounts/models.py", "lims/accounts/administration.py"),
        "One account for one person.",
    ),
    Clause(
        "11.100(b)",
        "Identity is verified before a signature is established.",
        ("lims/accounts/identity.py",),
        "Looking at the person and their papers.",
    ),
    Clause(
        "11.100(c)",
        "The agency is told that electronic signatures are meant to be legally binding.",
        (),
        "The letter of certification. The program keeps each person's acceptance of the statement.",
    ),
    Clause(
        "11.200(a)(1)",
        "Two components at the first signing of a continuous period, one of them at each later one; all after a lapse.",
        ("lims/signatures/signing.py", "lims/web/continuous.py", "lims/web/act_pages.py"),
    ),
    Clause(
        "11.200(a)(2)",
        "Signatures are used only by their owners.",
        ("lims/signatures/signing.py", "lims/accounts/authentication.py"),
        "Passwords kept by their owners alone.",
    ),
    Clause(
        "11.200(a)(3)",
        "Use by anyone but the owner needs two or more people working together.",
        ("lims/accounts/administration.py", "lims/accounts/identity.py"),
    ),
    Clause("11.200(b)", "Biometric signatures can be used by their owners only.", (), "Not offered by this program."),
    Clause(
        "11.300(a)",
        "No two individuals have the same combination of user name and password.",
        ("lims/accounts/models.py",),
    ),
    Clause(
        "11.300(b)",
        "Passwords are checked, recalled and revised from time to time.",
        ("lims/accounts/passwords.py", "lims/accounts/access_review.py"),
        "How often; the default is never to age a password and to review access every six months.",
    ),
    Clause(
        "11.300(c)",
        "Lost or compromised credentials are de-authorised at once and replaced under control.",
        ("lims/accounts/administration.py", "lims/accounts/second_factor.py"),
        "Telling the administrator.",
    ),
    Clause(
        "11.300(d)",
        "Unauthorised use is prevented, detected and reported at once.",
        ("lims/accounts/authentication.py", "lims/accounts/rate_limit.py", "lims/notices"),
        "Acting on the notice.",
    ),
    Clause(
        "11.300(e)", "Devices that bear or make codes are tested.", (), "Testing of scanners and of people's phones."
    ),
)

ANNEX_11 = (
    Clause("A11-1", "Risk management throughout the life of the system.", (), "The laboratory's risk assessment."),
    Clause(
        "A11-2",
        "Personnel work together, qualified and with defined duties.",
        ("lims/accounts/permissions.py",),
        "People.",
    ),
    Clause(
        "A11-3",
        "Suppliers and service providers are assessed.",
        (),
        "The assessment. Every package is pinned by its digest in requirements.txt.",
    ),
    Clause(
        "A11-4",
        "Validation covers the life cycle, with requirements traced to tests.",
        ("tests", ".ci/run"),
        "The laboratory's own validation.",
    ),
    Clause(
        "A11-5",
        "Data exchanged with other systems is checked on entry and processing.",
        ("batches/rules/paper.py", "batches/rules/attachments.py"),
    ),
    Clause(
        "A11-6",
        "Critical data entered by hand gets a second check.",
        ("batches/commands/passages.py", "lims/signatures/signing.py"),
    ),
    Clause(
        "A11-7",
        "Data is secured against damage; backups and restores are tested.",
        ("lims/files.py", "lims/ledger/verify", "lims/backup", "lims/ledger/restores.py"),
        "When backups are taken; keeping them encrypted and apart; testing that they can be restored.",
    ),
    Clause("A11-8.1", "Clear printed copies can be had.", ("batches/record/writers/pdf.py",)),
    Clause(
        "A11-8.2",
        "Prints show whether data changed since the original entry.",
        ("batches/record/sections/closing.py", "batches/record/blocks.py"),
    ),
    Clause(
        "A11-9",
        "Audit trail of changes and deletions with their reason, readable and reviewed.",
        ("lims/ledger", "batches/commands/reviewing.py"),
        "Reviewing it.",
    ),
    Clause(
        "A11-10",
        "Changes are made in a controlled manner.",
        ("batches/commands/process.py",),
        "Change control of the installation.",
    ),
    Clause("A11-11", "The system is evaluated periodically.", ("lims/accounts/access_review.py",), "The evaluation."),
    Clause(
        "A11-12",
        "Access is restricted, and given, changed and taken away on record.",
        ("lims/accounts", "lims/web/access.py"),
    ),
    Clause(
        "A11-13",
        "Incidents are reported and assessed.",
        ("batches/commands/deviations.py",),
        "Incidents of the installation.",
    ),
    Clause(
        "A11-14",
        "Signatures have the impact of those by hand, are linked to their record, and carry date and time.",
        ("lims/signatures",),
    ),
    Clause(
        "A11-15",
        "Only qualified persons certify release, identified by their signature.",
        ("batches/rules/release.py", "batches/commands/dispositions.py"),
        "Who is qualified.",
    ),
    Clause(
        "A11-16",
        "There are arrangements for continuity when the system breaks down.",
        ("batches/commands/paper.py", "lims/supervisor", "lims/backup"),
        "Paper forms at hand, and people trained to use them.",
    ),
    Clause(
        "A11-17",
        "Archived data is checked for access, readability and integrity.",
        ("batches/record/export.py", "lims/ledger/verify_export.py"),
        "The archive.",
    ),
)

CLAUSES = PART_11 + ANNEX_11
