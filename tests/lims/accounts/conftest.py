"""The people of the web tests, for the pages of their accounts."""

from tests.lims.web.conftest import administrator, aoki, at_act, sample_pages, tanabe

__all__ = ["administrator", "aoki", "at_act", "sample_pages", "tanabe"]
