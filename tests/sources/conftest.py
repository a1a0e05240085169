from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from console.sources.collection import Collection
from console.sources.discover import Discovery
from console.sources.identity import Identity
from console.sources.told import Gap


class Reader:
    """What an engine does with a collection: reads, stores lines and identities, advances."""

    def __init__(self, paths: Iterable[Path], limit: int = 4096) -> None:
        self.paths = list(paths)
        self.limit = limit
        self.lines: list[bytes] = []
        self.by_file: dict[int, bytes] = {}
        self.starts: dict[int, int] = {}
        """Where reading of each file began: not at 0 if it is the rest of one that was cut back."""
        self.stored: dict[int, Identity] = {}
        self.notices: list[str] = []
        self.gaps: list[Gap] = []
        self.now = 1000.0
        self.collection = self.open()

    def open(self) -> Collection:
        return Collection(Discovery(self.paths), self.stored.values())

    def restart(self) -> None:
        """As if the process had been killed: only what was stored is left."""
        self.collection.close()
        self.collection = self.open()

    def step(self, seconds: float = 1.0, *, final: bool = False) -> None:
        """Looks, and reads all that there is."""
        self.now += seconds
        self.collection.poll(self.now)
        self.store_moved()
        while pending := self.collection.pending(final=final):
            for entry in pending:
                chunk = self.collection.read(entry.file_id, self.limit, final=final)
                if chunk is None:
                    continue
                start = self.starts.setdefault(entry.file_id, chunk.offset)
                assert chunk.offset == start + len(self.by_file.get(entry.file_id, b""))
                self.by_file[entry.file_id] = self.by_file.get(entry.file_id, b"") + chunk.data
                self.lines += chunk.data.splitlines()
                after = self.collection.after(entry.file_id, len(chunk.data))
                self.stored[entry.file_id] = after
                assert self.collection.advance(entry.file_id, len(chunk.data)) == after
        self.store_moved()

    def store_moved(self) -> None:
        for identity in self.collection.moved():
            self.stored[identity.file_id] = identity
        self.gaps += self.collection.gaps()
        self.notices += self.collection.notices()

    def settle(self) -> None:
        """Steps until everything that can happen with time has happened."""
        for _ in range(4):
            self.step(6.0)


Make = Callable[..., Reader]


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes readers of some paths, and closes them."""
    made: list[Reader] = []

    def one(*paths: Path, limit: int = 4096) -> Reader:
        made.append(Reader(paths, limit))
        return made[-1]

    yield one
    for reader in made:
        reader.collection.close()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


@pytest.fixture
def reader(make: Make, tmp_path: Path) -> Reader:
    return make(tmp_path)


@pytest.fixture
def only(make: Make, log: Path) -> Reader:
    """A reader of `log` alone, not of the files beside it."""
    return make(log)
