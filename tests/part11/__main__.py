"""Write docs/part11.md and docs/requirements.md anew: `python -m tests.part11`."""

from tests.part11.page import pages

for file, text in pages().items():
    file.write_text(text, encoding="utf-8")
