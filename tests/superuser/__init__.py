"""What only the owner of a database can do: take its guards down. An application of the tests alone."""
