"""Acceptance scenarios, one test each, by the name of the scenario."""
