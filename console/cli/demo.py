"""`model-console demo`: the console on a live simulated fleet, nothing to set up."""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from console.cli.arguments import Parser, Target, add_store, need_terminal, store_of
from console.cli.arguments import parser as new_parser
from console.cli.narration import tell
from console.cli.watch import show
from console.config.load import settings_for
from console.records.clock import system_clock

_DESCRIPTION = """\
Opens the console on a simulated fleet of four models that goes on writing while
you look, with a day of history and a new incident every few minutes. Its files
lie in a temporary folder and go when you leave."""


def parser() -> Parser:
    """The arguments of the command."""
    parser = new_parser("demo", _DESCRIPTION)
    add_store(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Simulates and shows until the console is left."""
    need_terminal()
    from console.demo.live import LiveFleet

    with TemporaryDirectory(prefix="model-console-demo-") as folder:
        fleet = LiveFleet(Path(folder) / "fleet", system_clock)
        tell("simulating a day of history ...")
        fleet.start()
        try:
            paths = (fleet.folder,)
            settings = settings_for(paths, arguments.config)
            kept = arguments.store is not None
            store = store_of(arguments.store, settings, paths) if kept else None
            return show(Target(paths, settings, store))
        finally:
            fleet.stop()
            if fleet.failure is not None:
                tell(f"the simulation had to stop: {fleet.failure}")
