"""The platform: people, acts, signatures, ledger, paper and web furniture. It knows no cells.

The Celery application is imported here so that every process that imports Django settings publishes to the same broker.
"""

from lims.celery import app as celery_app

__all__ = ["celery_app"]
