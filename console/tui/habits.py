"""What the console remembers of a user between two runs, in plain files of the user's own.

`screen.json` holds settings that hold everywhere (the theme), `queries.json` the queries that were
asked, `sessions/` how each store was left: view, filters, cursor, marks. What cannot be read is
taken for empty; what cannot be written is not worth a word. `keys.toml` is the user's to write.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

QUERIES = 500
KEYS = "keys.toml"


class Habits:
    """Remembers in a folder; None: for this run alone."""

    def __init__(self, folder: Path | None = None, session: str = "") -> None:
        """`session` names what is looked at: the followed paths, say."""
        self._folder = folder
        name = blake2b(session.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
        self._session_file = f"sessions/{name}.json"
        self._settings = self._read("screen.json")
        self._queries = [
            text for text in self._read("queries.json").get("queries", []) if isinstance(text, str)
        ]

    @property
    def theme(self) -> str | None:
        """The theme that was chosen last."""
        theme = self._settings.get("theme")
        return theme if isinstance(theme, str) else None

    def choose_theme(self, name: str) -> None:
        """Remembers a theme."""
        if name != self.theme:
            self._settings["theme"] = name
            self._write("screen.json", self._settings)

    @property
    def queries(self) -> tuple[str, ...]:
        """The queries that were asked, the last one last, each once."""
        return tuple(self._queries)

    def asked(self, query: str) -> None:
        """Remembers a query."""
        if query in self._queries:
            self._queries.remove(query)
        self._queries = [*self._queries, query][-QUERIES:]
        self._write("queries.json", {"queries": self._queries})

    def session(self) -> Mapping[str, Any]:
        """How this session was left; empty for the first time."""
        return self._read(self._session_file)

    def leave(self, session: Mapping[str, Any]) -> None:
        """Remembers how this session was left."""
        self._write(self._session_file, session)

    def keys(self) -> tuple[dict[str, str], str]:
        """Keys by the name of their command, as `keys.toml` has them; and what is wrong with it."""
        if self._folder is None:
            return {}, ""
        path = self._folder / KEYS
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}, ""
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            return {}, f"{path}: {error}"
        odd = next((name for name, keys in found.items() if not isinstance(keys, str)), None)
        if odd is not None:
            return {}, f'{path}: {odd}: wanted a text, as in {odd} = "ctrl+a"'
        return found, ""

    def _read(self, name: str) -> dict[str, Any]:
        if self._folder is None:
            return {}
        try:
            found = json.loads((self._folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, name: str, document: Mapping[str, Any]) -> None:
        """Whole or not at all: two consoles may leave at the same time."""
        if self._folder is None:
            return
        path = self._folder / name
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            scratch = path.with_suffix(f".{os.getpid()}.tmp")
            scratch.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
            scratch.replace(path)
