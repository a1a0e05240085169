"""Exact two-sample tests on raw columns, each also as other tools compute it."""
