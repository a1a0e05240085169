"""Streams of numbered lines, each with its own way of rotating its file; standard library alone.

Every stream writes the numbers 0, 1, 2, ... once each (`Repeats` some twice) into files of its own
folder. What it wrote it knows from its own `Ledger`, never from the files.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

START = int(time.time())
BIG = 17 << 20
"""Length of a line that is too long to be a record."""


@dataclass
class Ledger:
    """What a stream wrote."""

    lines: int = 0
    """How many numbers, from 0 on."""
    twice: list[int] = field(default_factory=list)
    """Numbers written a second time, at another place."""
    generations: list[int] = field(default_factory=list)
    """The first number of every content of the file."""
    doomed: bool = False
    """It destroys what it wrote without a trace: what nobody had read by then nobody can store."""
    cut_back: bool = False
    """It cuts lines off its file's end and keeps the others."""
    bad: list[str] = field(default_factory=list)
    """Undecodable lines, in hexadecimal."""
    headers: int = 0
    """Equal header records, one in each file."""
    rotations: Counter[str] = field(default_factory=Counter)


class Stream:
    """Appends lines, in one write or in two; the base of all the ways of rotating."""

    suffix = ".jsonl"
    rotation = "rename and create"
    every = 150
    """About how many lines a file has before it is rotated."""

    def __init__(self, folder: Path, outside: Path, rng: random.Random) -> None:
        self.name = folder.name
        self.folder = folder
        self.outside = outside
        self.rng = rng
        self.ledger = Ledger()
        folder.mkdir(parents=True)
        self.path = folder / f"app{self.suffix}"
        self.kept = 0
        self.begin()

    def begin(self) -> None:
        """A new content of the file begins."""
        self.ledger.generations.append(self.ledger.lines)

    def step(self, *, turning: bool) -> None:
        """A few lines, sometimes a rotation (if it is time for them), sometimes two at once."""
        for _ in range(self.rng.randint(1, 3)):
            self.put()
        if turning and self.rng.random() < 2 / self.every:
            for _ in range(self.rng.choice([1, 1, 1, 2])):
                self.turn()

    def turn(self) -> None:
        """One rotation, entered in the ledger."""
        if self.path.exists() and self.path.stat().st_size:
            self.rotate()
            self.ledger.rotations[self.rotation] += 1

    def line(self, number: int) -> bytes:
        """A metric record; all have the same length, so that files can be as long as others."""
        record = {
            "ts": round(self.now(), 3),
            "model": self.name,
            "name": "load",
            "value": 50.0 + number % 7,
            "number": number,
        }
        return json.dumps(record).encode().ljust(130) + b"\n"

    def now(self) -> float:
        """The time that the records have."""
        return time.time()

    def put(self) -> None:
        """Writes the next number."""
        self.append(self.line(self.ledger.lines))
        self.ledger.lines += 1

    def append(self, data: bytes) -> None:
        """Appends, sometimes in two writes."""
        with self.path.open("ab", buffering=0) as out:
            if self.rng.random() < 0.02:
                cut = self.rng.randrange(len(data))
                out.write(data[:cut])
                time.sleep(0.004)
                data = data[cut:]
            out.write(data)

    def rotate(self) -> None:
        """Renames the file away."""
        self.path.rename(self.aside())
        self.begin()

    def aside(self) -> Path:
        """A name for a rotated file that never was used."""
        self.kept += 1
        return self.folder / f"{self.path.name}.{self.kept:05d}"


class Chain(Stream):
    """app.2 becomes app.3, app.1 becomes app.2, app becomes app.1."""

    rotation = "rename of a whole chain"
    every = 250

    def rotate(self) -> None:
        self.kept += 1
        for number in range(self.kept, 1, -1):
            older = self.folder / f"{self.path.name}.{number - 1}"
            older.rename(self.folder / f"{self.path.name}.{number}")
        self.path.rename(self.folder / f"{self.path.name}.1")
        self.begin()


class CopyTruncate(Stream):
    """Copies, truncates, and writes on at once: less than there was, as much, or more."""

    rotation = "copytruncate with its copy"

    def rotate(self) -> None:
        size = self.path.stat().st_size
        shutil.copyfile(self.path, self.aside())
        os.truncate(self.path, 0)
        self.begin()
        while self.path.stat().st_size < size * self.rng.choice([0.0, 0.5, 1.0, 1.5]):
            self.put()


class Race(Stream):
    """Copies and truncates while another thread goes on writing, as logrotate does."""

    rotation = "copytruncate that races its writer"
    every = 200

    def rotate(self) -> None:
        done = threading.Event()

        def write_on() -> None:
            while not done.is_set():
                self.put()
                time.sleep(0.002)

        writer = threading.Thread(target=write_on)
        writer.start()
        shutil.copyfile(self.path, self.aside())
        time.sleep(self.rng.uniform(0, 0.05))
        os.truncate(self.path, 0)
        done.set()
        writer.join()
        self.begin()  # one line or so early or late: the oracle goes by what is on the disk

    def append(self, data: bytes) -> None:
        """Appends in one write: half a line before a truncation is no line behind it."""
        with self.path.open("ab", buffering=0) as out:
            out.write(data)


class Truncate(Stream):
    """Truncates in place, keeps no copy."""

    rotation = "truncation without a copy"

    def rotate(self) -> None:
        self.ledger.doomed = True
        size = self.path.stat().st_size
        os.truncate(self.path, 0)
        self.begin()
        while self.path.stat().st_size < size * self.rng.choice([0.0, 0.5, 1.0, 1.5]):
            self.put()


class Recreate(Stream):
    """Deletes the file and creates it again, often in the same inode."""

    rotation = "deletion and creation"

    def rotate(self) -> None:
        self.ledger.doomed = True
        self.path.unlink()
        self.begin()
        self.put()


class Rewrite(Stream):
    """Writes other lines over the file, of the very same size."""

    rotation = "rewriting at the same size"

    def rotate(self) -> None:
        size = self.path.stat().st_size
        if size > 30_000:
            return super().rotate()
        self.ledger.doomed = True
        self.begin()
        data = b""
        while len(data) < size:
            data += self.line(self.ledger.lines)
            self.ledger.lines += 1
        with self.path.open("r+b", buffering=0) as out:
            out.write(data)
        return None


class CutBack(Stream):
    """Cuts lines off the file's end, or lengthens it by a hole, and writes on."""

    rotation = "truncation to a part, or to more"
    every = 200

    def rotate(self) -> None:
        self.ledger.doomed = self.ledger.cut_back = True
        data = self.path.read_bytes()
        kept = data.rfind(b"\n", 0, len(data) * self.rng.randint(1, 3) // 4) + 1
        os.truncate(self.path, kept if self.rng.random() < 0.5 else len(data) + 4096)


class Replace(Stream):
    """Writes the whole file anew, with more lines, and renames it over the old one."""

    rotation = "atomic replacement"

    def rotate(self) -> None:
        fresh = self.folder / ".app.tmp"
        shutil.copyfile(self.path, fresh)
        if fresh.stat().st_size < 2048:
            return  # so short a file may as well be another with the same header
        with fresh.open("ab") as out:
            out.write(self.line(self.ledger.lines))
            self.ledger.lines += 1
        fresh.replace(self.path)


class Stale(Stream):
    """Goes on writing to the file that was renamed, and to the new one."""

    rotation = "a writer that holds the renamed file"

    def rotate(self) -> None:
        with self.path.open("ab", buffering=0) as stale:
            self.path.rename(self.aside())
            self.begin()
            for _ in range(self.rng.randint(1, 6)):
                self.put()
                stale.write(self.line(self.ledger.lines))
                self.ledger.lines += 1
                time.sleep(0.003)


class Headed(Stream):
    """Every file begins with the same record of 1.5 KiB."""

    rotation = "rename with a shared header"

    def put(self) -> None:
        if not self.path.exists():
            header = {"ts": START, "kind": "log", "model": self.name, "message": "#" * 1500}
            self.append(json.dumps(header).encode() + b"\n")
            self.ledger.headers += 1
        super().put()


class Packed(Stream):
    """Renames, then packs with gzip and deletes the plain file."""

    rotation = "gzip after rename"

    def rotate(self) -> None:
        plain = self.aside()
        self.path.rename(plain)
        self.begin()
        if self.rng.random() < 0.5:
            self.put()
        packed = plain.with_name(plain.name + ".gz")
        with plain.open("rb") as data, gzip.open(packed, "wb", compresslevel=1) as out:
            shutil.copyfileobj(data, out)
        plain.unlink()


class MovedOut(Stream):
    """Moves the file out of the followed folder."""

    rotation = "move out of the tree"

    def rotate(self) -> None:
        self.ledger.doomed = True
        self.kept += 1
        self.path.rename(self.outside / f"{self.name}.{self.kept:05d}")
        self.begin()


class Switched(Stream):
    """A link to a file in the folder that `..data` leads to, switched as Kubernetes does it."""

    rotation = "a switched symbolic link"

    def begin(self) -> None:
        super().begin()
        target = self.folder / f"..v{self.kept:05d}"
        target.mkdir()
        (target / "app.jsonl").touch()
        fresh = self.folder / "..data_tmp"
        fresh.symlink_to(target.name)
        fresh.replace(self.folder / "..data")
        if not self.path.is_symlink():
            self.path.symlink_to("..data/app.jsonl")

    def rotate(self) -> None:
        self.kept += 1
        self.begin()


class Linked(Stream):
    """A link, as in /var/log/containers, to a file that is rotated where it lies."""

    rotation = "rename behind a symbolic link"

    def begin(self) -> None:
        super().begin()
        self.real = self.folder / ".pods" / "0.log"
        self.real.parent.mkdir(exist_ok=True)
        self.real.touch()
        if not self.path.is_symlink():
            self.path.symlink_to(self.real)

    def rotate(self) -> None:
        self.kept += 1
        self.real.rename(self.real.with_name(f"0.log.{self.kept:05d}"))
        self.begin()


class Repeats(Stream):
    """Some records come a second time, at another place."""

    def put(self) -> None:
        data = self.line(self.ledger.lines)
        self.append(data)
        if self.rng.random() < 0.2:
            self.append(data)
            self.ledger.twice.append(self.ledger.lines)
        self.ledger.lines += 1


class Jumps(Stream):
    """Times that jump back and forth by days, and a file system clock that does too."""

    rotation = "rename with clocks that jump"

    def now(self) -> float:
        return time.time() + self.rng.choice([0, 0, 0, -3_600, 3_600, -200_000, 200_000])

    def rotate(self) -> None:
        moment = time.time() + self.rng.choice([-1e6, 1e6])
        os.utime(self.path, (moment, moment))
        super().rotate()


class Dirt(Stream):
    """Among the lines are such as nobody can decode; every byte of them has to be kept."""

    rotation = "rename among undecodable bytes"
    shapes: tuple[Callable[[bytes], bytes], ...] = (
        lambda mark: mark + b" is no JSON",
        lambda mark: b'{"broken": "' + mark,
        lambda mark: b"\x80\xff\xfe" + mark + b"\xc3\x28",
        lambda mark: b'{"ts": 1760000000, "x\x00y": "' + mark + b'"}',
        lambda mark: b'{"ts": "never", "name": "load", "value": 1, "mark": "' + mark + b'"}',
        lambda mark: b"[" * 500 + mark,
    )

    def put(self) -> None:
        if not self.path.exists() and self.rng.random() < 0.5:
            self.append(b"\xef\xbb\xbf" + self.line(self.ledger.lines))  # a byte order mark
            self.ledger.lines += 1
        if self.rng.random() < 0.2:
            mark = f"<{len(self.ledger.bad)}>".encode()
            bad = self.rng.choice(self.shapes)(mark)
            self.append(bad + b"\n")
            self.ledger.bad.append(bad.hex())
        super().put()

    def line(self, number: int) -> bytes:
        whole = super().line(number)
        return self.rng.choice([whole, whole[:-1] + b"\r\n", b"\n" + whole, b"\x00" * 9 + whole])


class Giant(Stream):
    """Once in a while a line that is longer than any record may be."""

    rotation = "rename among lines over the limit"
    every = 400

    def put(self) -> None:
        if self.ledger.lines in (30, 400):
            bad = f"<{len(self.ledger.bad)}>".encode() + b"x" * BIG
            with self.path.open("ab", buffering=0) as out:
                for start in range(0, len(bad), 1 << 20):
                    out.write(bad[start : start + (1 << 20)])
                    time.sleep(0.002)
                out.write(b"\n")
            self.ledger.bad.append(bad.hex())
        super().put()


class Text(Stream):
    """A log of Python, some of its records with a traceback."""

    suffix = ".log"
    rotation = "rename of a text log"

    def line(self, number: int) -> bytes:
        moment = time.gmtime(self.now())
        stamp = time.strftime("%Y-%m-%d %H:%M:%S,000", moment)
        if number % 10:
            return f"{stamp} INFO handler: answered request number={number}\n".encode()
        return (
            f"{stamp} ERROR handler: lost request number={number}\n"
            "Traceback (most recent call last):\n"
            f'  File "app.py", line {number % 90 + 1}, in serve\n'
            "TimeoutError: no answer\n"
        ).encode()


class TextCopied(Text):
    """The same, copied and truncated."""

    rotation = "copytruncate of a text log"

    def rotate(self) -> None:
        shutil.copyfile(self.path, self.aside())
        os.truncate(self.path, 0)
        self.begin()


class Many(Stream):
    """A new file every few lines."""

    rotation = "a new file of a few lines"
    every = 8

    def rotate(self) -> None:
        self.kept += 1
        self.path = self.folder / f"app-{self.kept:05d}.jsonl"
        self.begin()


STREAMS: tuple[type[Stream], ...] = (
    Stream,
    Chain,
    CopyTruncate,
    Race,
    Truncate,
    Recreate,
    Rewrite,
    CutBack,
    Replace,
    Stale,
    Headed,
    Packed,
    MovedOut,
    Switched,
    Linked,
    Repeats,
    Jumps,
    Dirt,
    Giant,
    Text,
    TextCopied,
    Many,
)
