"""Streams in other encodings than plain UTF-8; standard library alone."""

from __future__ import annotations

import codecs

from torture_streams import Stream, Text


class Wide(Stream):
    """UTF-16 with its mark at the head of every file."""

    rotation = "rename of a file in UTF-16"

    def line(self, number: int) -> bytes:
        return super().line(number).decode().encode("utf-16-le")

    def put(self) -> None:
        if not self.path.exists():
            self.append(codecs.BOM_UTF16_LE)
        super().put()


class Windows(Text):
    """A log of Windows: a mark of UTF-8 at its head, CRLF at the ends of its lines."""

    rotation = "rename of a file with a mark and CRLF"

    def line(self, number: int) -> bytes:
        return super().line(number).replace(b"\n", b"\r\n")

    def put(self) -> None:
        if not self.path.exists():
            self.append(codecs.BOM_UTF8)
        super().put()


ENCODED: tuple[type[Stream], ...] = (Wide, Windows)
