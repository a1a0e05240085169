"""Compares what is stored with what the writers say that they wrote."""

from __future__ import annotations

import codecs
import gzip
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from console.records.clock import system_clock
from console.sources.told import GAP
from console.store.database import Store

_NUMBER = re.compile(rb'(?:"number": |number=)(\d+)')
_ALL = 100_000_000
_UNDECODABLE = ~pl.col("reason").str.starts_with(GAP)


@dataclass
class Stored:
    """What the store has of one stream."""

    numbers: Counter[int] = field(default_factory=Counter)
    headers: int = 0
    bad: Counter[bytes] = field(default_factory=Counter)
    gaps: list[str] = field(default_factory=list)
    """What was said to be lost, or in doubt."""


@dataclass(frozen=True)
class Verdict:
    """What is wrong, and what was lost by nature but said."""

    faults: list[str]
    lost: dict[str, int]
    """Lines that were destroyed before anybody read them, by stream."""
    doubled: dict[str, int]
    """Lines of a file that was cut back to some place between two stops, by stream."""


def stored(path: Path, folder: Path) -> dict[str, Stored]:
    """What a store has, by the name of the stream."""
    found = {entry.name: Stored() for entry in folder.iterdir() if entry.is_dir()}
    with Store.open(path, system_clock) as store:
        reader = store.reader()
        metrics = reader.sql(
            "SELECT model, (attributes->>'$.number')::BIGINT, count(*) "
            "FROM metric JOIN series USING (series_id) GROUP BY ALL",
            _ALL,
        )
        logs = reader.sql(
            "SELECT model, regexp_extract(message, 'number=([0-9]+)', 1), count(*), count_if("
            "coalesce(exception, '') LIKE '%TimeoutError: no answer') FROM log GROUP BY ALL",
            _ALL,
        )
        rejects = reader.sql(
            'SELECT path, file_id, r."offset", reason, hex(raw) FROM reject r LEFT JOIN file '
            'USING (file_id) ORDER BY file_id, r."offset"',
            _ALL,
        )
    for model, number, count in metrics.iter_rows():
        found[model].numbers[number] += count
    for model, number, count, traced in logs.iter_rows():
        if not number:
            found[model].headers += count
        elif traced == (count if int(number) % 10 == 0 else 0):
            found[model].numbers[int(number)] += count
    streams = {where: found[Path(where).relative_to(folder).parts[0]] for where in rejects["path"]}
    for where, reason in rejects.filter(~_UNDECODABLE).select("path", "reason").iter_rows():
        streams[where].gaps.append(reason)
    for where, raw in _whole(rejects.filter(_UNDECODABLE).iter_rows()):
        streams[where].bad[raw] += 1
    return found


def _whole(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[str, bytes]]:
    """Undecodable lines, those that came in pieces put together."""
    path, file, end, data = "", None, -1, b""
    for where, file_id, offset, _, digits in rows:
        raw = bytes.fromhex(digits)
        if file_id == file and offset == end:
            data, end = data + raw, end + len(raw)
            continue
        if file is not None:
            yield path, data.removesuffix(b"\n")
        path, file, end, data = where, file_id, offset + len(raw), raw
    if file is not None:
        yield path, data.removesuffix(b"\n")


def on_disk(folder: Path) -> set[int]:
    """The numbers that the files of a stream still hold."""
    numbers: set[int] = set()
    for place, _, names in os.walk(folder):
        for path in (Path(place, name) for name in names):
            if not path.is_symlink():
                data = path.read_bytes()
                data = gzip.decompress(data) if path.suffix == ".gz" else data
                if data.startswith(codecs.BOM_UTF16_LE):
                    data = data.decode("utf-16", "ignore").encode()
                numbers.update(map(int, _NUMBER.findall(data)))
    return numbers


def compare(ledgers: dict[str, dict[str, Any]], path: Path, folder: Path) -> Verdict:
    """Every complete line stored once, every undecodable byte kept, every loss said."""
    verdict = Verdict([], {}, {})
    for name, found in stored(path, folder).items():
        verdict.faults.extend(
            f"{name}: {fault}" for fault in _faults(name, ledgers[name], found, folder, verdict)
        )
    return verdict


def _faults(
    name: str, ledger: dict[str, Any], found: Stored, folder: Path, verdict: Verdict
) -> Iterator[str]:
    expected = Counter(range(ledger["lines"])) + Counter(ledger["twice"])
    more, missing = found.numbers - expected, expected - found.numbers
    if more and not ledger["cut_back"]:
        yield f"{more.total()} lines too many: {_some(more)}"
    elif more:
        verdict.doubled[name] = more.total()
    if missing:
        verdict.lost[name] = missing.total()
        yield from _holes(name, ledger, missing, folder)
    if (more or _begun(ledger, missing)) and not found.gaps:
        yield f"nothing was said of {_some(more)}, {_some(missing)}"
    bad = Counter(map(bytes.fromhex, ledger["bad"]))
    if bad != found.bad:
        yield f"rejects: {_some(bad - found.bad)} missing, {_some(found.bad - bad)} too many"
    if ledger["headers"] != found.headers:
        yield f"{found.headers} headers instead of {ledger['headers']}"


def _holes(name: str, ledger: dict[str, Any], missing: Counter[int], folder: Path) -> Iterator[str]:
    """What may be missing: the end of a content that is on the disk no more.

    Behind a link that was switched twice between two looks it may be a whole content that nothing
    leads to. What raced with a rotation is known by the disk alone.
    """
    there = on_disk(folder / name)
    for start, end in pairwise([*ledger["generations"], ledger["lines"]]):
        lost = [number in missing for number in range(start, end)]
        if name == "switched":
            if any(lost) and not all(lost):
                yield f"{sum(lost)} lines of the content of {start} to {end - 1} are missing"
            continue
        if still := [
            number for number in range(start, end) if number in there and number in missing
        ]:
            yield f"{len(still)} lines are missing though they are there: {_some(still)}"
        if lost != sorted(lost) and not ledger["cut_back"] and name != "race":
            yield f"a hole in the content of {start} to {end - 1}"


def _begun(ledger: dict[str, Any], missing: Counter[int]) -> bool:
    """Whether of some content a part is missing: what nobody ever saw, nobody can tell of."""
    spans = pairwise([*ledger["generations"], ledger["lines"]])
    lost = ([number in missing for number in range(start, end)] for start, end in spans)
    return any(any(each) and not all(each) for each in lost)


def _some(things: Any) -> str:
    return ", ".join(repr(thing)[:80] for thing in list(things)[:5]) or "none"
