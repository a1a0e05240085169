"""Log templates: which lines are one and the same statement of a program.

Messages are masked first (`stats.masking`); what varies beyond that (names, words) is found by
comparing masked messages of equal length, in the manner of Drain (He et al., ICWS 2017): templates
stand in leaves by model, stage, number of words and first word; a message joins the most similar
template of its leaf, whose differing words become `<*>`, or founds one.

The result depends on the order of the lines of one (model, stage) alone, not on how they are cut
into batches: a message is matched against the templates as they stand at its line. What was
matched before is looked up, for as long as nothing in its leaf has changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

import polars as pl

from console.records.frames import TIME, Schema
from console.stats.masking import WILDCARD, mask

TEMPLATES: Schema = {
    "template_id": pl.String,
    "model": pl.String,
    "stage": pl.String,
    "template": pl.String,
    "first_text": pl.String,
    "first_seen": TIME,
}
"""Templates as they are stored. `template` grows more general; `first_text`, of which the
identity is made, never changes."""
SIMILARITY = 0.6
"""Least share of words that must agree for a message to join a template."""
TEMPLATES_PER_STAGE = 1000
"""More templates than this of one (model, stage) go to one overflow template."""
OVERFLOW = "(other messages)"
WORDS = 100
"""Words of a message that are compared; what follows is cut off."""
_REMEMBERED = 200_000

Place = tuple[str | None, str | None]


@dataclass(slots=True)
class _Template:
    template_id: str
    model: str | None
    stage: str | None
    words: list[str]
    first_text: str
    first_seen: datetime | None

    @property
    def text(self) -> str:
        return " ".join(self.words)


@dataclass(slots=True)
class _Leaf:
    templates: list[_Template]
    revision: int = 0


class Miner:
    """Assigns template ids to log lines and finds new templates on the way."""

    def __init__(self, state: pl.DataFrame | None = None) -> None:
        self._leaves: dict[tuple[Place, int, str], _Leaf] = {}
        self._by_id: dict[str, _Template] = {}
        self._sizes: dict[Place, int] = {}
        self._known: dict[Place, dict[str, tuple[str, _Leaf, int]]] = {}
        if state is not None:
            for row in state.iter_rows(named=True):
                self._add(
                    _Template(
                        row["template_id"],
                        row["model"],
                        row["stage"],
                        row["template"].split(" "),
                        row["first_text"],
                        row["first_seen"],
                    )
                )

    def state(self) -> pl.DataFrame:
        """All templates, columns `TEMPLATES`: what a miner that goes on from here starts from."""
        return _frame(list(self._by_id.values()))

    def assign(self, logs: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
        """The template id of every line, and the templates that are new or have changed.

        `logs` are of `records.frames.LOGS`; the second frame's columns are `TEMPLATES`.
        """
        masked = mask(logs["message"], logs["exception"])
        ids: list[str] = [""] * logs.height
        changed: dict[str, _Template] = {}
        places = logs.select("model", "stage").with_row_index("row").with_columns(masked)
        for (model, stage), rows in places.group_by(["model", "stage"], maintain_order=True):
            place = (_text(model), _text(stage))
            known = self._known.setdefault(place, {})
            if len(known) > _REMEMBERED:
                known.clear()
            for row, text in zip(rows["row"].to_list(), rows["masked"].to_list(), strict=True):
                entry = known.get(text)
                if entry is None or entry[1].revision != entry[2]:
                    entry = self._match(place, text, logs["ts"][row], changed)
                    known[text] = entry
                ids[row] = entry[0]
        return pl.Series("template_id", ids, dtype=pl.String), _frame(list(changed.values()))

    def name(self, template_id: str) -> str:
        """The template's first text: a name that never changes. The id itself if it is unknown."""
        template = self._by_id.get(template_id)
        return template_id if template is None else template.first_text

    def _match(
        self, place: Place, text: str, ts: datetime | None, changed: dict[str, _Template]
    ) -> tuple[str, _Leaf, int]:
        words = text.split(" ")[:WORDS]
        leaf = self._leaf(place, words)
        best, similarity = _most_similar(leaf.templates, words)
        if best is None or similarity < SIMILARITY:
            best = self._found(place, words, ts)
            changed[best.template_id] = best
            return best.template_id, leaf, leaf.revision
        merged = [
            a if a == b else _merge_word(a, b) for a, b in zip(best.words, words, strict=True)
        ]
        if merged != best.words:
            best.words = merged
            leaf.revision += 1
            changed[best.template_id] = best
        return best.template_id, leaf, leaf.revision

    def _found(self, place: Place, words: list[str], ts: datetime | None) -> _Template:
        if self._sizes.get(place, 0) >= TEMPLATES_PER_STAGE:
            words = OVERFLOW.split(" ")
        text = " ".join(words)
        template_id = identity(*place, text)
        known = self._by_id.get(template_id)
        if known is not None:
            return known
        template = _Template(template_id, *place, words, text, ts)
        self._add(template)
        return template

    def _add(self, template: _Template) -> None:
        place = (template.model, template.stage)
        leaf = self._leaf(place, template.words)
        leaf.templates.append(template)
        # Equally similar templates are told apart by their ids, whatever order they came back in.
        leaf.templates.sort(key=lambda entry: entry.template_id)
        leaf.revision += 1
        self._by_id[template.template_id] = template
        self._sizes[place] = self._sizes.get(place, 0) + 1

    def _leaf(self, place: Place, words: list[str]) -> _Leaf:
        first = words[0]
        key = (place, len(words), WILDCARD if WILDCARD in first else first)
        leaf = self._leaves.get(key)
        if leaf is None:
            leaf = self._leaves[key] = _Leaf([])
        return leaf


def identity(model: str | None, stage: str | None, first_text: str) -> str:
    """16 hex digits that depend on nothing but these three."""
    text = "\x1f".join((model or "", stage or "", first_text))
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _most_similar(templates: list[_Template], words: list[str]) -> tuple[_Template | None, float]:
    best, highest = None, (-1.0, -1)
    last = words[-1]
    for template in templates:
        if last.startswith("[") != template.words[-1].startswith("["):
            continue
        if last.startswith("[") and last != template.words[-1]:
            continue
        equal = wild = 0
        for a, b in zip(template.words, words, strict=True):
            if a == b:
                equal += 1
            elif a == WILDCARD:
                wild += 1
        # A template that covers the message wins over one that would have to change for it.
        covers = equal + wild == len(words)
        score = (1.0 + equal / len(words) if covers else equal / len(words), equal)
        if score > highest:
            best, highest = template, score
    return best, highest[0]


def _merge_word(known: str, word: str) -> str:
    """The wildcard; of two `key=value` of one key the key stays."""
    key, sign, _ = known.partition("=")
    if sign and word.startswith(key + "="):
        return f"{key}={WILDCARD}"
    return WILDCARD


def _frame(templates: list[_Template]) -> pl.DataFrame:
    return pl.DataFrame(
        [(t.template_id, t.model, t.stage, t.text, t.first_text, t.first_seen) for t in templates],
        schema=TEMPLATES,
        orient="row",
    ).sort("first_seen", "template_id")


def _text(value: object) -> str | None:
    return None if value is None else str(value)
