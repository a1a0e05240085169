"""Log levels: one spelling for the many that programs write."""

from __future__ import annotations

LEVELS = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
"""Canonical levels, the mildest first."""

ALIASES = {
    "trace": "TRACE",
    "debug": "DEBUG",
    "fine": "DEBUG",
    "info": "INFO",
    "information": "INFO",
    "notice": "INFO",
    "warn": "WARNING",
    "warning": "WARNING",
    "err": "ERROR",
    "error": "ERROR",
    "severe": "ERROR",
    "crit": "CRITICAL",
    "critical": "CRITICAL",
    "fatal": "CRITICAL",
    "alert": "CRITICAL",
    "emerg": "CRITICAL",
    "panic": "CRITICAL",
}
"""Canonical level of every lower-case spelling that we know; others are kept as written."""

AT_LEAST_WARNING = ("WARNING", "ERROR", "CRITICAL")
