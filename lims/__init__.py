"""The platform: people, acts, signatures, ledger, paper and web furniture. It knows no cells.

Nothing is imported here: rules and the chain verifier import from this package and must stay free of Django.
"""

VERSION = "0.1.0"
