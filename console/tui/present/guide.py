"""What an empty console says: what it waits for, and how to feed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.tui.present.line import EMPTY, Line, Piece, piece, wrap
from console.tui.present.words import plural
from console.tui.view import View

if TYPE_CHECKING:
    from console.engine.snapshot import Snapshot

EXAMPLE = "model-console emit {path}/metrics.jsonl metric auc 0.94 --model fraud"
UNNAMED = " no record names a model: console.toml can say whose they are, see ?; 4 shows the logs"
"""Said in place of the models where there are records, but none of a model."""


def nothing_of(view: View, nothing: str, *, narrowed: bool) -> str:
    """Why a list of models is empty: its filter, what is still to be read, or else `nothing`."""
    if narrowed:
        return " no model of that name; esc clears"
    loading = view.snapshot is None or not view.snapshot.progress.caught_up
    return " reading …" if loading else nothing


def guide(snapshot: Snapshot | None, paths: str, width: int) -> list[Line]:
    """Shown while no model is known."""
    inside = max(width - 4, 20)
    if snapshot is None:
        return [EMPTY, (Piece("  opening the store ...", "dim"),)]
    progress = snapshot.progress
    if not progress.caught_up:
        return [
            EMPTY,
            (
                piece(
                    f"  reading {plural(progress.files, 'file')}; models appear as they are found",
                    "dim",
                ),
            ),
        ]
    from console.engine.snapshot import LEARNING_H

    first = paths.split(maxsplit=1)[0] if paths.strip() else "."
    found = (
        "Nothing to read there yet."
        if not progress.files
        else f"{plural(progress.files, 'file')} found, nothing in them yet."
    )
    texts: list[Line] = [
        (Piece("Waiting for records below ", "strong"), piece(paths, "accent")),
        (Piece(found, "dim"),),
        EMPTY,
        (
            Piece(
                "Any file that a line is appended to is read at once: JSON lines with "
                "ts, model and metrics, Python logs, CSV."
            ),
        ),
        (Piece("From another shell:", "dim"),),
        EMPTY,
        (piece("  " + EXAMPLE.format(path=first), "accent"),),
        EMPTY,
        (
            Piece(
                f"What is unusual is told once {LEARNING_H} hours of a model are known, of history "
                "or of waiting; limits of your own hold at once.",
                "dim",
            ),
        ),
        EMPTY,
        (Piece("Or look at a simulated fleet:  ", "dim"), Piece("model-console demo", "accent")),
    ]
    lines: list[Line] = [EMPTY]
    for text in texts:
        lines += [(Piece("  "), *row) for row in (wrap(text, inside) if text else [EMPTY])]
    return lines
