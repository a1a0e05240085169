"""Opening the file: whoever holds it, whatever has happened to it, and what it is allowed to do."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb

from console.store.errors import StoreError, one_line
from console.store.memory import LIMIT

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": LIMIT,
    "allowed_configs": ["memory_limit"],  # for `store.memory`; no query of a user's can set it
    "preserve_insertion_order": True,
    "enable_external_file_cache": False,
    # The engine checkpoints when it is idle; this is the backstop.
    "wal_autocheckpoint": "1GB",
    # No file but the store's own, no extension, no Python variable can be reached from SQL.
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}
MEMORY = ":memory:"


def wal_of(path: Path) -> Path:
    """The write-ahead log beside the store."""
    return path.with_name(path.name + ".wal")


def connect_memory(spill: str) -> duckdb.DuckDBPyConnection:
    """A store that keeps nothing; what does not fit into memory goes to the folder `spill`."""
    return _connect(MEMORY, temp_directory=spill)


def connect(path: Path, now: float) -> tuple[duckdb.DuckDBPyConnection, list[str]]:
    """Opens the store, made if there is none; and notices, a line each, of what had to be mended.

    A damaged write-ahead log is kept aside and cut before the damage: what was committed after it
    is read again, because the offsets are lost with the rows. Raises StoreError with one line.
    """
    notices: list[str] = []
    fresh = _prepare(path)
    try:
        connection = _connect(path)
    except duckdb.Error as error:
        if not (wal_of(path).exists() and "WAL file" in str(error)):
            if fresh and _is_full(error):
                # What was begun would be taken for a damaged store once there is room.
                path.unlink(missing_ok=True)
            raise _refusal(path, error) from error
        connection = _without_damaged_wal(path, error, now, notices)
    if fresh:
        path.chmod(0o600)
    return connection, notices


def _prepare(path: Path) -> bool:
    """Makes the folders; True if there is no store yet."""
    if "?" in str(path.absolute()):
        # DuckDB puts the write-ahead log elsewhere: it takes the rest for parameters of an address.
        raise StoreError(f"cannot open {path}: no ? may be in its path: choose another --store")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size == 0:
            # All that a process leaves that was killed while it made the file.
            path.unlink()
        if not path.exists():
            return True
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise StoreError(f"cannot open {path}: {error.strerror}: choose another --store") from error
    # DuckDB itself would open a *.jsonl or *.csv, as a view of what is in it.
    if head[8:] != b"DUCK":
        raise StoreError(_damaged(path, "it has not the head of a DuckDB file"))
    return False


def _connect(target: str | Path, **more: str) -> duckdb.DuckDBPyConnection:
    # An absolute path is never taken for another kind of database, as "md:name" would be.
    name = target if isinstance(target, str) else str(target.absolute())
    connection = duckdb.connect(name, config={**_CONFIG, **more})
    try:
        connection.execute("SET GLOBAL TimeZone = 'UTC'").fetchall()
        connection.execute("SET lock_configuration = true").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def _without_damaged_wal(
    path: Path, error: duckdb.Error, now: float, notices: list[str]
) -> duckdb.DuckDBPyConnection:
    wal = wal_of(path)
    aside = _free_name(path.with_name(f"{wal.name}.corrupt-{int(now)}"))
    wal.rename(aside)
    whole = re.search(r"byte position (\d+)", str(error))
    if whole:
        shutil.copyfile(aside, wal)
        with wal.open("r+b") as file:
            file.truncate(int(whole[1]))
        try:
            connection = _connect(path)
        except duckdb.Error:
            wal.unlink()
        else:
            notices.append(_notice(aside, "the last whole commit before the damage"))
            return connection
    try:
        connection = _connect(path)
    except duckdb.Error as second:
        aside.rename(wal)
        raise _refusal(path, second) from second
    notices.append(_notice(aside, "its last checkpoint"))
    return connection


def _notice(aside: Path, point: str) -> str:
    return (
        f"the store's write-ahead log was damaged and is kept as {aside}: going on from {point},"
        " later lines are read again"
    )


def _free_name(wanted: Path) -> Path:
    name, count = wanted, 1
    while name.exists():
        count += 1
        name = wanted.with_name(f"{wanted.name}-{count}")
    return name


def _is_full(error: duckdb.Error) -> bool:
    text = str(error)
    return "No space left on device" in text or "Disk quota exceeded" in text


def _refusal(path: Path, error: duckdb.Error) -> StoreError:
    if _is_full(error):
        return StoreError(f"cannot open {path}: its disk is full: make room on it", passing=True)
    return StoreError(_reason(path, error))


def _reason(path: Path, error: duckdb.Error) -> str:
    text = one_line(error)
    if "Could not set lock" in text or "Conflicting lock" in text:
        holder = re.search(r"\(PID (\d+)\)", text)
        who = f"process {holder[1]}" if holder else "another process"
        return (
            f"cannot open {path}: it is in use by {who}, and only one console can hold a store:"
            " quit that one, or choose another --store"
        )
    if "configuration has been locked" in text:
        return f"cannot open {path}: it is open in this process already"
    if "version number" in text:
        return (
            f"cannot open {path}: it was written by a newer DuckDB: update model-console,"
            " or choose another --store"
        )
    return _damaged(path, text)


def _damaged(path: Path, reason: str) -> str:
    return (
        f"cannot open {path}: it is damaged or not a store of model-console ({reason}):"
        " move it away to begin anew from the followed files, or choose another --store"
    )
