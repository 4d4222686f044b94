"""What is allowed, and all arithmetic: plain Python, no framework, no database, no clock."""
