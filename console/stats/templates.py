"""Log templates: which lines are one and the same statement of a program.

Messages are masked first (`stats.masking`), which settles most of them: what is equal then is one
template. What varies beyond that (names, words) shows in many values at one place: a message that
no template covers is compared with those of equal length that share at least half of its constant
words, and founds a template of its own, with `<*>` where these and it have too many different words
for a choice of a few (`_Leaf.generalised`; the idea of counting a position's values is that of
IPLoM, Makanju et al., KDD 2009). "shutdown succeeded" and "startup succeeded" stay apart; the
fifth name in "hello NAME" founds "hello <*>".

Templates never change. Those of the first few values stay beside the general one that came after
them, and keep their lines; so no template's rate jumps because of what was learned. With
hindsight, `Miner.general` maps them to the general one.

The result depends on the order of the lines of one (model, stage) alone, not on how they are cut
into batches: a message is matched against the templates as they stand at its line. What was
matched before is looked up, for as long as nothing in its leaf has changed.
"""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import blake2b

import polars as pl

from console.records.frames import TIME, Schema
from console.stats.leaves import Leaf, Template, Words
from console.stats.masking import mask

TEMPLATES: Schema = {
    "template_id": pl.String,
    "model": pl.String,
    "stage": pl.String,
    "template": pl.String,
    "first_text": pl.String,
    "first_seen": TIME,
}
"""Templates as they are stored; the identity is made of `first_text`."""
TEMPLATES_PER_STAGE = 1000
"""More templates than this of one (model, stage) go to one overflow template."""
OVERFLOW = "(other messages)"
WORDS = 100
"""Words of a message that are compared; what follows is cut off."""
_REMEMBERED = 200_000
_CLASS = re.compile(r"\[(?:\w+\.)*[A-Z]\w*\]$")

Place = tuple[str | None, str | None]
_Entry = tuple[str, Leaf, int]


class Miner:
    """Assigns template ids to log lines and finds new templates on the way.

    It goes on from `state`, and finds at most `limit` templates for each (model, stage).
    """

    def __init__(self, state: pl.DataFrame | None = None, limit: int | None = None) -> None:
        self._limit = TEMPLATES_PER_STAGE if limit is None else limit
        self._words = Words()
        self._leaves: dict[tuple[Place, int, str], Leaf] = {}
        self._by_id: dict[str, Template] = {}
        self._sizes: dict[Place, int] = {}
        self._known: dict[Place, dict[str, _Entry]] = {}
        if state is not None:
            for row in state.iter_rows(named=True):
                self._add(Template(**row))

    def state(self) -> pl.DataFrame:
        """All templates, columns `TEMPLATES`: what a miner that goes on from here starts from."""
        return _frame(list(self._by_id.values()))

    def assign(self, logs: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
        """The template id of every line, and the templates that are new.

        `logs` are of `records.frames.LOGS`; the second frame's columns are `TEMPLATES`.
        """
        masked = mask(logs["message"], logs["exception"])
        found: list[Template] = []
        ids: list[pl.DataFrame] = []
        places = logs.select("model", "stage", "ts").with_row_index("row").with_columns(masked)
        for (model, stage), rows in places.group_by(["model", "stage"], maintain_order=True):
            place = (_text(model), _text(stage))
            ids.append(rows.select("row", self._assigned(place, rows, found)))
        if not ids:
            return pl.Series("template_id", [], pl.String), _frame(found)
        return pl.concat(ids).sort("row")["template_id"], _frame(found)

    def _assigned(self, place: Place, rows: pl.DataFrame, found: list[Template]) -> pl.Series:
        """The template ids of rows (columns ts, masked) of one place, in their order."""
        known = self._known.setdefault(place, {})
        if len(known) > _REMEMBERED:
            known.clear()
        texts = rows["masked"].unique()
        entries = [known.get(text) for text in texts]
        valid = [entry[0] for entry in entries if entry and entry[1].revision == entry[2]]
        if len(valid) == len(texts):
            ids = pl.Series("template_id", valid, dtype=pl.String)
            return rows["masked"].replace_strict(texts, ids).alias("template_id")
        # A line may change what the lines after it match, so they take their turns.
        taken: list[str] = []
        for text, ts in rows.select("masked", "ts").iter_rows():
            entry = known.get(text)
            if entry is None or entry[1].revision != entry[2]:
                entry = self._match(place, text, ts, found)
                known[text] = entry
            taken.append(entry[0])
        return pl.Series("template_id", taken, dtype=pl.String)

    def name(self, template_id: str) -> str:
        """The template's first text: a name that never changes. The id itself if it is unknown."""
        template = self._by_id.get(template_id)
        return template_id if template is None else template.first_text

    def general(self) -> dict[str, str]:
        """For every template's id that of the most general template that covers it."""
        found: dict[str, str] = {}
        for leaf in self._leaves.values():
            found |= leaf.general()
        return found

    def _match(self, place: Place, text: str, ts: datetime | None, found: list[Template]) -> _Entry:
        words = text.split(" ")[:WORDS]
        leaf = self._leaf(place, words)
        template = leaf.covering(words)
        if template is None:
            template = self._found(place, leaf.generalised(words), ts, found)
        return template.template_id, leaf, leaf.revision

    def _found(
        self, place: Place, words: list[str], ts: datetime | None, found: list[Template]
    ) -> Template:
        full = self._sizes.get(place, 0) >= self._limit
        text = OVERFLOW if full else " ".join(words)
        template_id = identity(*place, text)
        known = self._by_id.get(template_id)
        if known is not None:
            return known
        template = Template(template_id, *place, text, text, ts)
        self._add(template)
        found.append(template)
        return template

    def _add(self, template: Template) -> None:
        place = (template.model, template.stage)
        words = template.template.split(" ")
        self._leaf(place, words).add(template, words)
        self._by_id[template.template_id] = template
        self._sizes[place] = self._sizes.get(place, 0) + 1

    def _leaf(self, place: Place, words: list[str]) -> Leaf:
        # Messages with an exception's class at the end (`stats.masking`) are apart from others.
        key = (place, len(words), words[-1] if _CLASS.match(words[-1]) else "")
        leaf = self._leaves.get(key)
        if leaf is None:
            leaf = self._leaves[key] = Leaf(self._words, len(words))
        return leaf


def identity(model: str | None, stage: str | None, first_text: str) -> str:
    """16 hex digits that depend on nothing but these three."""
    text = "\x1f".join((model or "", stage or "", first_text))
    return blake2b(text.encode(), digest_size=8).hexdigest()


def families(templates: pl.DataFrame) -> dict[str, str]:
    """For every template's id that of the most general of them that covers it, in its stage.

    `templates` has columns template_id, stage, template; rows without a text are left out.
    """
    words, leaves = Words(), dict[tuple[str | None, int, str], Leaf]()
    rows = templates.select("template_id", "stage", "template").drop_nulls("template")
    for template_id, stage, text in rows.unique().sort("template_id", "stage").iter_rows():
        split = text.split(" ")
        key = (stage, len(split), split[-1] if _CLASS.match(split[-1]) else "")
        leaf = leaves.setdefault(key, Leaf(words, len(split)))
        leaf.add(Template(template_id, None, stage, text, text, None), split)
    return {known: general for leaf in leaves.values() for known, general in leaf.general().items()}


def _frame(templates: list[Template]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (t.template_id, t.model, t.stage, t.template, t.first_text, t.first_seen)
            for t in templates
        ],
        schema=TEMPLATES,
        orient="row",
    ).sort("first_seen", "template_id")


def _text(value: object) -> str | None:
    return None if value is None else str(value)
