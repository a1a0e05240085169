"""Tells people: which alert is told to whom, when, in what words, and over which channel."""
