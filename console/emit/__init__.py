"""Writes native records from a training or serving job; standard library alone."""
