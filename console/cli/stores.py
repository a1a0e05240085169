"""A store that is already there, opened to be read."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.cli.arguments import store_of
from console.cli.errors import UsageError
from console.cli.narration import tell
from console.config.load import settings_for
from console.records.clock import system_clock

if TYPE_CHECKING:
    from console.config.settings import Settings
    from console.store.database import Store

OWNED = "what the console was opened on (default: ./console.toml, else .)"
"""What PATH means to a command that reads a store."""


@contextlib.contextmanager
def store_errors() -> Iterator[None]:
    """Turns what the store says into the end of the command."""
    from console.store.database import StoreError

    try:
        yield
    except StoreError as error:
        raise UsageError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Kept:
    """A store and the settings that belong to it."""

    store: Store
    settings: Settings


@contextlib.contextmanager
def kept(arguments: argparse.Namespace) -> Iterator[Kept]:
    """The store that --store names, or that belongs to the paths or settings.

    Raises UsageError if there is none, if another process holds it, or if it is damaged.
    """
    settings = settings_for(arguments.paths, arguments.config)
    path = store_of(arguments.store, settings, arguments.paths)
    if path is None or not path.is_file():
        raise UsageError(
            f"{path or 'a store in memory'}: no such store: run model-console or collect on the "
            "same PATH first, or name a store with --store"
        )
    with store_errors():
        from console.store.database import Store

        with Store.open(path, system_clock) as store:
            for notice in store.notices:
                tell(notice)
            yield Kept(store, settings)
