"""Backup and restore: the database, the kept files and the keys' fingerprints in one archive with a manifest.

archive.py writes and checks the file, sqlite.py and postgresql.py know how a database is copied and put back, taking.py
and restoring.py are the two acts, declaring.py says in the ledger what a restore lost. Not here: encryption, and where
archives are kept; both are the laboratory's (docs/running.md).
"""
