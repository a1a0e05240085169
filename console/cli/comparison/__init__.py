"""A comparison of two tables, for people and for programs."""
