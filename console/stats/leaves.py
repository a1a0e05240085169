"""Templates of one length as a matrix of words: which covers a message, and where words vary."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from console.stats.masking import WILDCARD

SIMILARITY = 0.5
"""Least share of a message's constant words, by weight, that a template has in common with it."""
PLAIN, NAMES = 5, 4
"""So many different plain words at one place, or so many names of things, are a variable."""
_SIGN = 0.3
"""Weight of what holds no letter, against 1 of a word."""
_NAME = re.compile(r"\d|[._/:@$#-]\w|[a-z][A-Z]")
_ENDS = (",", ";", ":", ".")
_WILD = 0
_UNKNOWN = -1

_Ids = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it is stored (`stats.templates.TEMPLATES`)."""

    template_id: str
    model: str | None
    stage: str | None
    template: str
    first_text: str
    first_seen: datetime | None


class Words:
    """Numbers for the words of templates; 0 is the wildcard, whatever sign ends it."""

    def __init__(self) -> None:
        self._ids = {WILDCARD: _WILD} | {WILDCARD + sign: _WILD for sign in _ENDS}
        self._texts: list[str] = [WILDCARD]

    def ids(self, words: list[str]) -> _Ids:
        """The numbers of words, -1 for those that no template has."""
        known, unknown = self._ids, _UNKNOWN
        return np.array([known.get(word, unknown) for word in words], np.int32)

    def learned(self, words: list[str]) -> _Ids:
        """The numbers of words, which are given one if they have none."""
        for word in words:
            if word not in self._ids:
                self._ids[word] = len(self._texts)
                self._texts.append(word)
        return self.ids(words)

    def text(self, number: int) -> str:
        """The word of a number."""
        return self._texts[number]


class Leaf:
    """The templates of one place and length."""

    def __init__(self, words: Words, length: int) -> None:
        self.revision = 0
        """Grows when a message could match otherwise than before."""
        self._words = words
        self._templates: list[Template] = []
        self._exact: dict[tuple[str, ...], Template] = {}
        self._matrix = np.zeros((4, length), np.int32)

    def add(self, template: Template, words: list[str]) -> None:
        """Takes a template in."""
        count = len(self._templates)
        if count == len(self._matrix):
            self._matrix = np.concatenate([self._matrix, np.zeros_like(self._matrix)])
        self._matrix[count] = self._words.learned(words)
        self._templates.append(template)
        self._exact[tuple(words)] = template
        self.revision += 1

    def covering(self, words: list[str]) -> Template | None:
        """The template that covers a message, with the most words of its own; None: none does."""
        exact = self._exact.get(tuple(words))
        if exact is not None:
            return exact
        equal = self._rows() == self._words.ids(words)
        rows = np.flatnonzero((equal | (self._rows() == _WILD)).all(axis=1))
        if not len(rows):
            return None
        counts = equal[rows].sum(axis=1)
        best: list[Template] = [
            self._templates[row] for row in rows[counts == counts.max()].tolist()
        ]
        # Equals are told apart by their ids, whatever order they came back in.
        return min(best, key=lambda template: template.template_id)

    def generalised(self, words: list[str]) -> list[str]:
        """A message that no template covers, with `<*>` where it and similar templates vary.

        Of the similar templates those are kept that agree with the message wherever their words
        are too few for a variable, until nothing more falls away. Where a single word would be
        left, it takes twice as many.
        """
        row = self._words.ids(words)
        weights = np.array([_weight(word) for word in words])
        equal = self._rows() == row
        similar = equal @ weights >= SIMILARITY * weights.sum() - 1e-9
        rows, equal = self._rows()[similar], equal[similar]
        for evidence, constant in ((1.0, 2.0), (2.0, 1.0)):
            varies = self._varying(rows, equal, words, evidence)
            if varies.any() and weights[~varies & (row != _WILD)].sum() >= constant:
                return [_wild(word) if varies[place] else word for place, word in enumerate(words)]
        return words

    def general(self) -> dict[str, str]:
        """For every template's id that of the most general template that covers it."""
        matrix = self._rows()
        wild = (matrix == _WILD).sum(axis=1)
        order = sorted(
            range(len(matrix)), key=lambda row: (-wild[row], self._templates[row].template_id)
        )
        kept: list[int] = []
        found: dict[str, str] = {}
        for row in order:
            covers = ((matrix[kept] == matrix[row]) | (matrix[kept] == _WILD)).all(axis=1)
            if covers.any():
                general = kept[int(covers.argmax())]
            else:
                general = row
                kept.append(row)
            found[self._templates[row].template_id] = self._templates[general].template_id
        return found

    def _rows(self) -> _Ids:
        return self._matrix[: len(self._templates)]

    def _varying(
        self, rows: _Ids, equal: npt.NDArray[np.bool_], words: list[str], evidence: float
    ) -> npt.NDArray[np.bool_]:
        """Where a message and similar templates have so many different words: a variable."""
        varies = np.zeros(len(words), np.bool_)
        while len(rows):
            varies[:] = False
            for place in np.flatnonzero(~equal.all(axis=0)):
                found = self._evidence(rows[:, place], words[place])
                varies[place] = found >= evidence - 1e-9
            agree = equal[:, ~varies].all(axis=1)
            if agree.all():
                return varies
            rows, equal = rows[agree], equal[agree]
        return np.zeros(len(words), np.bool_)

    def _evidence(self, column: _Ids, word: str) -> float:
        numbers = np.unique(column)
        if numbers[0] == _WILD:
            return math.inf
        texts = {self._words.text(number) for number in numbers.tolist()} | {word}
        return sum(map(_evidence, texts))


def _wild(word: str) -> str:
    """The wildcard in place of a word, with what ended the word."""
    return WILDCARD + word[-1] if word.endswith(_ENDS) else WILDCARD


@lru_cache(maxsize=65536)
def _weight(word: str) -> float:
    """How much a word says about which statement a message is."""
    return 1.0 if any(letter.isalpha() for letter in word) else _SIGN


@lru_cache(maxsize=65536)
def _evidence(word: str) -> float:
    """What one more value says for a variable: names more than plain words."""
    return 1 / (NAMES if _NAME.search(word.replace(WILDCARD, "")) else PLAIN)
