"""The sections of a batch record: facts become blocks. No query, no clock and no setting is used in one."""
