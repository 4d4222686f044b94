"""The clauses of 21 CFR Part 11 and EU Annex 11 beside the code and the tests that meet them."""
