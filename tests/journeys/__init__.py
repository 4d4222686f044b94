"""The whole path in a real browser, with several people signed in."""
