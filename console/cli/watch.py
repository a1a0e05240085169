"""`model-console [PATH ...]`: the console on a screen."""

from __future__ import annotations

import argparse
import gc
import sys

from console.cli.arguments import Parser, Target, add_paths, need_terminal, target
from console.cli.arguments import parser as new_parser

SWITCH_S = 0.0005
"""How long the engine's thread may keep the interpreter from the screen's; a key takes several
turns until it is on the screen."""

YOUNG = 10_000
"""So many new objects are looked through for garbage at once."""


def parser() -> Parser:
    """The arguments of the command."""
    parser = new_parser("", "Opens the console on files, folders or globs.")
    add_paths(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Shows the console until it is left."""
    return show(target(arguments))


def show(shown: Target) -> int:
    """Shows the console on what a command names. Raises UsageError without a terminal."""
    need_terminal()
    sys.setswitchinterval(SWITCH_S)
    gc.disable()  # until the first frame: what is made for it stays, and there is nothing to find
    from console.config.places import data_folder
    from console.engine.session import Session
    from console.tui.app import ConsoleApp
    from console.tui.habits import Habits

    app = ConsoleApp(
        Session(shown.paths, shown.settings, shown.store),
        habits=Habits(data_folder() / "screen", session_of(shown)),
        notify=shown.settings.notify,
        settled=_collect_new_garbage,
    )
    app.run()
    return app.return_code or 0


def session_of(shown: Target) -> str:
    """What a session is taken up again by: what it is of, wherever it was started."""
    from console.config.places import store_path

    return str(store_path(shown.settings, shown.paths))


def _collect_new_garbage() -> None:
    """From now on among what comes; what is there stays to the end, and is never looked through.

    A look through everything would take the interpreter for several frames.
    """
    if gc.isenabled():
        gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
    gc.enable()
