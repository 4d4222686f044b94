"""`manage.py clean_duplicate_history` of django-simple-history, refused."""

from lims.management.refusing import RefusingCommand


class Command(RefusingCommand):
    pass
