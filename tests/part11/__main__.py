"""Write docs/part11.md anew: `python -m tests.part11`."""

from tests.part11.page import PAGE, page

PAGE.write_text(page(), encoding="utf-8")
