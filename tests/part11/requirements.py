"""What a computerised system for batch records has to do, R01 to R45, in words of our own: docs/requirements.md.

As in clauses.py: the code that answers each and what stays the laboratory's. The tests say themselves which they show,
with `@pytest.mark.clause("R12")`.
"""

from __future__ import annotations

from tests.part11.clauses import Clause

REQUIREMENTS = (
    Clause(
        "R01",
        (
            "Every creation, change or deletion of a record leaves a system-written entry saying who, what, old "
            "and new value, when and why."
        ),
        ("lims/commands.py", "lims/ledger/append.py", "lims/recorded.py", "lims/ledger/guarded.py"),
        "Ways around the program leave no entry: they are refused instead.",
    ),
    Clause(
        "R02",
        "The database itself refuses the application's account any change, deletion or emptying of the audit trail.",
        (
            "lims/ledger/role.py",
            "lims/ledger/guards.py",
            "lims/ledger/guards_postgresql.py",
            "lims/management/commands/database_role.py",
        ),
        "Running PostgreSQL with the two roles is the laboratory's; SQLite has triggers only.",
    ),
    Clause(
        "R03",
        (
            "Verifying finds every edited, deleted, reordered or cut-off audit entry, by hash chains and signed "
            "checkpoints kept elsewhere."
        ),
        (
            "lims/ledger/chain.py",
            "lims/ledger/checkpoints.py",
            "lims/ledger/verify/__init__.py",
            "batches/management/commands/verify_ledger.py",
        ),
        "Keeping the checkpoint folder on another machine, where nobody can overwrite it.",
    ),
    Clause(
        "R04",
        "Nobody can switch the audit trail off, and a guard taken away by an administrator is noticed.",
        ("lims/recorded.py", "lims/ledger/guards.py", "lims/management/refusing.py", "lims/ledger/verify/schema.py"),
        "Keeping the database owner's password away from daily use, and running the verification.",
    ),
    Clause(
        "R05",
        (
            "Changing or deleting recorded data is refused without a reason given at that moment; a first entry "
            "needs none."
        ),
        (
            "batches/commands/corrections.py",
            "batches/rules/corrections.py",
            "batches/rules/materials.py",
            "lims/accounts/administration.py",
        ),
        "Whether a reason makes sense is for the reviewer to judge.",
    ),
    Clause(
        "R06",
        "The change and its audit entry are stored together or not at all.",
        ("lims/commands.py", "lims/ledger/append.py", "lims/writing.py"),
        "",
    ),
    Clause(
        "R07",
        "Times come from the server's clock, are shown with their zone, and a clock that drifts raises an alarm.",
        ("lims/clock.py", "lims/commands.py", "lims/time_source.py", "lims/web/templatetags/lims_tags.py"),
        "Setting the server's clock and naming a time server; no test posts a forged recording time.",
    ),
    Clause(
        "R08",
        "Earlier values stay visible on screen and in print, marked as changed, with the reason.",
        (
            "batches/views/corrections.py",
            "batches/queries/recent.py",
            "batches/record/blocks.py",
            "batches/record/sections/closing.py",
        ),
        "",
    ),
    Clause(
        "R09",
        (
            "Sign-ins, failed attempts, lockouts, changes of roles and settings, exports, prints, reprints and "
            "restores are all logged."
        ),
        (
            "lims/accounts/authentication.py",
            "lims/accounts/administration.py",
            "lims/configuration.py",
            "batches/record/printing.py",
        ),
        "Looking at the log; what happens in the operating system and database server is logged there.",
    ),
    Clause(
        "R10",
        "Each signature shows printed name, date, time with zone, and meaning, on screen and on paper.",
        (
            "lims/signatures/models.py",
            "lims/signatures/meanings.py",
            "batches/record/sections/signing.py",
            "batches/record/sections/closing.py",
        ),
        "",
    ),
    Clause(
        "R11",
        (
            "A signature is bound to exactly what was signed, attachments and process version included, and can't "
            "be moved or copied."
        ),
        (
            "lims/signatures/subjects.py",
            "lims/signatures/standing.py",
            "lims/ledger/append.py",
            "lims/ledger/verify/links.py",
        ),
        "",
    ),
    Clause(
        "R12",
        (
            "The first signature asks for user name and password, later ones the password; after any break both "
            "are asked again."
        ),
        (
            "lims/signatures/signing.py",
            "lims/web/continuous.py",
            "lims/accounts/authentication.py",
            "lims/web/act_pages.py",
        ),
        "",
    ),
    Clause(
        "R13",
        "A second person signs with their own user name and password on the same screen, and is never the performer.",
        ("lims/signatures/signing.py", "lims/web/act_pages.py"),
        "That the second person really watched.",
    ),
    Clause(
        "R14",
        (
            "An administrator alone can't reset someone's password and sign as them: quality assurance and the "
            "owner must take part."
        ),
        (
            "lims/accounts/administration.py",
            "lims/accounts/identity.py",
            "lims/signatures/signing.py",
            "lims/notices/raising.py",
        ),
        "Seeing the person before confirming them.",
    ),
    Clause(
        "R15",
        (
            "User names are never given again, accounts are disabled instead of deleted, and past signatures keep "
            "their printed name."
        ),
        ("lims/accounts/administration.py", "lims/accounts/models.py", "lims/signatures/models.py"),
        "One account for one person.",
    ),
    Clause(
        "R16",
        (
            "Nobody signs before their identity is confirmed and they have accepted that their signature is "
            "legally binding."
        ),
        (
            "lims/accounts/identity.py",
            "lims/accounts/statement.py",
            "lims/signatures/signing.py",
            "lims/web/first_steps.py",
        ),
        "The letter of certification to the agency, and looking at the person's papers.",
    ),
    Clause(
        "R17",
        "An account marked as shared can look at records and write nothing.",
        ("lims/accounts/models.py", "lims/accounts/permissions.py", "lims/commands.py"),
        "Marking such accounts, and seeing that nobody lends a personal one.",
    ),
    Clause(
        "R18",
        "Passwords are long, not reused, not common, aged if wished, and chosen by their owner at first use.",
        ("lims/settings.py", "lims/accounts/passwords.py", "lims/accounts/commands.py", "lims/web/first_steps.py"),
        "The list of common passwords is Django's; no current list of leaked ones is asked.",
    ),
    Clause(
        "R19",
        (
            "Five failures, at sign-in or when signing, lock the account and alert quality assurance and "
            "administrators at once."
        ),
        (
            "lims/accounts/authentication.py",
            "lims/accounts/rate_limit.py",
            "lims/notices/raising.py",
            "lims/signatures/signing.py",
        ),
        "Acting on the alert.",
    ),
    Clause(
        "R20",
        "An untouched screen locks within fifteen minutes, and what was typed comes back unrecorded after unlocking.",
        ("lims/web/idle.py", "lims/env.py", "lims/settings.py"),
        "",
    ),
    Clause(
        "R21",
        "Administrators sign in with a second factor, and everybody does where the laboratory says so.",
        ("lims/accounts/second_factor.py", "lims/accounts/factor_views.py", "lims/web/first_steps.py"),
        "Setting it to everybody where pages are reached from outside: networks are not told apart.",
    ),
    Clause(
        "R22",
        (
            "A lost or compromised credential is withdrawn at once, its open sessions end, and it is replaced "
            "under control."
        ),
        ("lims/accounts/administration.py", "lims/accounts/second_factor.py", "lims/accounts/credentials.py"),
        "Telling the administrator of the loss.",
    ),
    Clause(
        "R23",
        "The server checks for every action whether this person may do it on this record, and logs what it refuses.",
        ("lims/commands.py", "lims/accounts/permissions.py", "lims/web/access.py", "batches/rules/release.py"),
        "Giving people the right roles; one installation is one site.",
    ),
    Clause(
        "R24",
        "Steps come only in the permitted order; one that can't come now is refused and says why.",
        ("batches/rules/sequence.py", "batches/rules/states.py", "batches/commands/judging.py"),
        "There is no way to skip a step, not even by an approved deviation.",
    ),
    Clause(
        "R25",
        "Data comes from registered equipment in service and in calibration, and labels of another batch are refused.",
        (
            "batches/commands/scanning.py",
            "batches/rules/materials.py",
            "batches/rules/identity.py",
            "batches/rules/vessels.py",
        ),
        "Scanners and printers are not registered, and a code typed by hand is not told from a scanned one.",
    ),
    Clause(
        "R26",
        (
            "Impossible values are refused, values beyond limits take the alert path, and critical entries are "
            "signed by a second person."
        ),
        (
            "batches/rules/limits.py",
            "batches/commands/judging.py",
            "batches/rules/vitals.py",
            "lims/signatures/signing.py",
        ),
        "Setting limits that fit the product.",
    ),
    Clause(
        "R27",
        "Nobody acts or signs in a batch without current training for its version of the master batch record.",
        (
            "batches/rules/training.py",
            "batches/commands/training.py",
            "batches/queries/training.py",
            "batches/rules/personal.py",
        ),
        "The training itself; acts that protect a patient are not refused for want of it.",
    ),
    Clause(
        "R28",
        "Administrators manage accounts and can neither see nor change any record of a patient or batch.",
        ("lims/accounts/permissions.py", "lims/commands.py", "lims/web/access.py"),
        "Giving the administrator's role to people who don't work on records; the program has no Django admin pages.",
    ),
    Clause(
        "R29",
        (
            "Leavers are shut out at once with their sessions, and every account is reviewed under a signature "
            "every six months."
        ),
        ("lims/accounts/administration.py", "lims/accounts/access_review.py", "lims/accounts/reviews.py"),
        "Telling the administrator the same day that somebody leaves or moves.",
    ),
    Clause(
        "R30",
        (
            "An uninvolved person reviews and signs the audit trail before release; anything entered later opens "
            "the review again."
        ),
        (
            "batches/commands/reviewing.py",
            "batches/rules/reviewing.py",
            "batches/queries/reviewing.py",
            "batches/rules/release.py",
        ),
        "The reviewer's judgement.",
    ),
    Clause(
        "R31",
        "A complete copy, readable by people and machines, can be handed out and checked without this program.",
        (
            "batches/record/export.py",
            "lims/ledger/verify_export.py",
            "batches/record/writers/pdf.py",
            "lims/pdf/archive.py",
        ),
        "Deciding who is given a copy.",
    ),
    Clause(
        "R32",
        "Records stay readable for the whole retention period, nothing is purged, and upgrades leave them whole.",
        ("lims/recorded.py", "lims/ledger/guards.py", "lims/files.py", "lims/ledger/verify_export.py"),
        "The retention period and reading the archive again; the program keeps no dates of retention and never purges.",
    ),
    Clause(
        "R33",
        "A backup can be restored and checked by row counts and hash chains, and the result is recorded.",
        (
            "lims/backup/taking.py",
            "lims/backup/restoring.py",
            "lims/management/commands/restore.py",
            "lims/ledger/restores.py",
        ),
        (
            "The timetable, encryption and separate place of backups, and yearly restore tests: archives are not "
            "encrypted."
        ),
    ),
    Clause(
        "R34",
        "Requirements are traced to tests, and every record and print names the version and build that made it.",
        ("lims/program.py", "lims/configuration.py", "batches/record/contents.py"),
        (
            "Validation of the installation; regulatory clauses are traced, not the laboratory's own requirement "
            "specifications."
        ),
    ),
    Clause(
        "R35",
        "Changes of settings, program and master batch record are recorded with version and fingerprint.",
        ("lims/configuration.py", "lims/program.py", "batches/commands/process.py", "batches/models/process.py"),
        "Approval: a version of the master batch record carries no approver's signature and no later effective date.",
    ),
    Clause(
        "R36",
        "No batch begins by a superseded version, and copies of superseded documents are told as such.",
        (
            "batches/commands/process.py",
            "batches/queries/patients.py",
            "batches/queries/issued.py",
            "batches/views/issued.py",
        ),
        "Standard operating procedures are not kept here; collecting old paper copies.",
    ),
    Clause(
        "R37",
        "Every print, copy and label is numbered and counted; a second copy or label is refused without a reason.",
        (
            "batches/commands/issued.py",
            "batches/commands/labels.py",
            "batches/rules/labels.py",
            "batches/record/printing.py",
        ),
        "Working prints are numbered and need no reason; what is printed again outside the program is not counted.",
    ),
    Clause(
        "R38",
        "Pictures and instrument files are kept as they came, by their digest, and any exchange is found.",
        (
            "lims/files.py",
            "batches/commands/attachments.py",
            "batches/models/counts.py",
            "lims/ledger/verify/kept_files.py",
        ),
        (
            "Files can't be replaced, so there are no newer versions of one; raw data left in instruments is the "
            "laboratory's."
        ),
    ),
    Clause(
        "R39",
        "When two people change the same record, the second is told what changed and nothing is overwritten.",
        ("lims/commands.py", "lims/ledger/append.py", "lims/web/act_pages.py"),
        "",
    ),
    Clause(
        "R40",
        "Every result stays, invalid ones too, and a second result needs a link to the one it repeats.",
        (
            "batches/commands/results.py",
            "batches/rules/results.py",
            "batches/models/quality.py",
            "batches/rules/samples.py",
        ),
        "Runs aborted in an instrument before a result is entered are not seen.",
    ),
    Clause(
        "R41",
        "Alarms say who acknowledged them, when and why, can't be deleted, and stand in the batch review.",
        (
            "lims/notices/commands.py",
            "lims/notices/models.py",
            "batches/commands/vitals.py",
            "batches/queries/exceptions.py",
        ),
        "Alarms of incubators, freezers and rooms are not read; the laboratory raises them as deviations.",
    ),
    Clause(
        "R42",
        "In an outage numbered paper forms are used, then transcribed with their scan and checked by a second person.",
        (
            "batches/commands/downtime.py",
            "batches/rules/downtime.py",
            "batches/record/downtime.py",
            "batches/rules/times.py",
        ),
        "Keeping printed forms at hand and rehearsing their use.",
    ),
    Clause(
        "R43",
        "Over open networks records stay confidential and whole, and imported data is checked before it is taken.",
        ("lims/settings.py", "lims/web/headers.py", "lims/pdf/seal.py", "batches/rules/paper.py"),
        "Encrypted connections are ended by the laboratory's own proxy; backups are encrypted by the laboratory.",
    ),
    Clause(
        "R44",
        (
            "The whole system is reviewed yearly on record: incidents, deviations, upgrades, access, audit trail, "
            "security, inventory and suppliers."
        ),
        ("lims/accounts/access_review.py", "lims/configuration.py"),
        (
            "Only the review of access is kept here; the rest, the inventory and the supplier assessment are the "
            "laboratory's."
        ),
    ),
    Clause(
        "R45",
        (
            "No artificial intelligence or adaptive model takes part in critical decisions; figures come from "
            "fixed formulas."
        ),
        (),
        (
            "The program contains no such model, so nothing can be shown by a test; tools used beside it are the "
            "laboratory's."
        ),
    ),
)
