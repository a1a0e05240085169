"""Our own two themes: a dark and a light surface, colour for severity and focus alone."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="console-dark",
    dark=True,
    primary="#4C7FB0",
    secondary="#6FA8DC",
    accent="#7FC8D8",
    warning="#E6A23C",
    error="#F0616D",
    success="#62B37E",
    foreground="#D6D9DE",
    background="#14171C",
    surface="#14171C",
    panel="#1C2027",
)
LIGHT = Theme(
    name="console-light",
    dark=False,
    primary="#3E74A8",
    secondary="#2A6FB5",
    accent="#0F7285",
    warning="#9A6200",
    error="#C0293B",
    success="#2C7A4B",
    foreground="#22262C",
    background="#FBFBF9",
    surface="#FBFBF9",
    panel="#EFEFEB",
)
THEMES = (DARK, LIGHT)
