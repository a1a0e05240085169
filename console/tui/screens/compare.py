"""Two versions, models, spans or segments side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, replace
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult

from console.engine.views.compare import Side
from console.tui.memory import Memory
from console.tui.present import sides as present
from console.tui.present.line import Piece, piece
from console.tui.present.words import plural
from console.tui.screens.asking import AskingScreen, Question
from console.tui.screens.choose import Choice, Choose
from console.tui.view import View
from console.tui.widgets.bars import Heading
from console.tui.widgets.tables import CompareTable

if TYPE_CHECKING:
    from console.engine.views.compare import CompareAnswer
    from console.tui.desk import Desk

LETTERS = "123456789bcdfhilmnoprtuvwxyz"
MOST = 16


class CompareScreen(AskingScreen):
    """Left and right are chosen; at first the newest two versions, else this span and the last."""

    def __init__(self) -> None:
        super().__init__()
        self._left: Side | None = None
        self._right: Side | None = None
        self._known: list[Side] = []
        self._shown: CompareAnswer | None = None
        self._only = False
        self._heading = Heading("5", "Compare", id="compare-heading")
        self._titles = Heading("", "")
        self._table = CompareTable(present.COLUMNS, id="compare")

    def compose(self) -> ComposeResult:
        """Header, sides, table, keys."""
        yield self.header
        yield self.notice
        yield self._heading
        yield self._titles
        yield self._table
        yield self.keys

    def begin(self) -> None:
        """The table has the keys."""
        self._table.focus()

    def lists(self) -> Mapping[str, CompareTable]:
        """The table."""
        return {"compare": self._table}

    def memory(self) -> dict[str, Any]:
        """The sides that were chosen, too."""
        sides = {"left": self._left, "right": self._right}
        chosen = {name: astuple(side) for name, side in sides.items() if side is not None}
        return {**super().memory(), "only": self._only, **chosen}

    def recall(self, memory: Memory) -> None:
        """The same sides; they last until another model is turned to."""
        super().recall(memory)
        self._only = memory.get("only") is True
        self._left, self._right = _side(memory.get("left")), _side(memory.get("right"))

    def question(self, view: View) -> Question | None:
        """Both sides; those that were not chosen are found by what there is."""
        model = view.subject
        if model is None or view.snapshot is None:
            return None
        span = view.time.judged(view.now)
        left, right = self._left, self._right

        def ask(desk: Desk) -> tuple[list[Side], CompareAnswer]:
            known = desk.sides(model, span)
            one, other = chosen(model, span, known, left, right)
            return known, desk.compare(one, other)

        return Question((model, view.time, left, right), ask)

    def answered(self, answer: tuple[list[Side], CompareAnswer]) -> None:
        """Fills the table."""
        self._known, self._shown = answer
        self._fill()
        self.draw(self.console_app.view)

    def _fill(self) -> None:
        shown = self._shown
        rows = present.rows(shown) if shown else []
        if self._only:
            rows = [row for row in rows if row.cells[0].text]
        nothing = " nothing differs surely" if self._only else " the sides have no number in common"
        empty = [(Piece(nothing if shown else " reading …", "dim"),)]
        self._table.show_rows(rows, empty=empty)
        self._titles.show((), over=self._table.titles)

    def draw(self, view: View) -> None:
        """What is compared."""
        self._heading.active = True
        if self._shown is None:
            return
        calendar = self.console_app.calendar
        left, right = (
            present.side_name(side, calendar, view.now)
            for side in (self._shown.left, self._shown.right)
        )
        surely = sum(1 for row in self._shown.rows if row.differs)
        note = [piece(left, "strong"), Piece(" ↔ ", "dim"), piece(right, "strong")]
        note.append(
            Piece(f" · {surely} of {plural(len(self._shown.rows), 'number')} differ", "dim")
        )
        if self._only:
            note.append(Piece(" · those alone, o shows all", "accent"))
        self._heading.show(tuple(note))

    # Choosing

    def action_pick_side(self, which: str) -> None:
        """Asks what stands at the left or at the right."""
        view = self.console_app.view
        sides = self._offered(view)
        calendar = self.console_app.calendar
        choices = [
            Choice(letter, present.side_name(side, calendar, view.now), args={"place": place})
            for place, (letter, side) in enumerate(zip(LETTERS, sides, strict=False))
        ]

        def picked(choice: Choice | None) -> None:
            if choice is None:
                return
            side = sides[int(choice.args["place"])]
            if which == "left":
                self._left = side
            else:
                self._right = side
            self.ask_again()

        self.app.push_screen(Choose(f"Compare, {which}", "", choices), picked)

    def _offered(self, view: View) -> list[Side]:
        model = view.subject
        if model is None or view.snapshot is None:
            return []
        start, end = view.time.judged(view.now)
        whole = Side(model, start, end)
        spans = [whole, before(whole), replace(whole, start=start - 86_400.0, end=end - 86_400.0)]
        others = [
            Side(pane.name, start, end) for pane in view.snapshot.models if pane.name != model
        ]
        return [*spans, *self._known[:MOST], *others][: len(LETTERS)]

    def action_swap(self) -> None:
        """Left becomes right."""
        if self._shown is not None:
            self._left, self._right = self._shown.right, self._shown.left
            self.ask_again()

    def action_start_over(self) -> None:
        """The sides that are found by themselves."""
        self._left = self._right = None
        self.ask_again()

    def action_only(self) -> None:
        """Only what differs surely, or all."""
        self._only = not self._only
        self._fill()
        self.draw(self.console_app.view)

    def action_turn_model(self, step: int) -> None:
        """The next or previous model."""
        view = self.console_app.view
        names = [model.name for model in view.snapshot.models] if view.snapshot else []
        if names:
            here = names.index(view.subject) if view.subject in names else -step
            self._left = self._right = None
            self.console_app.look_at(names[(here + step) % len(names)])

    def action_back(self) -> None:
        """Withdraws what is asked, else goes home."""
        if not self.withdraw():
            self.console_app.action_go("home")


def _side(stored: object) -> Side | None:
    """A side as it was remembered; None if it is none."""
    if not isinstance(stored, list) or len(stored) != 5:
        return None
    model, start, end, *names = stored
    spans = all(isinstance(time, int | float) for time in (start, end))
    named = all(name is None or isinstance(name, str) for name in names)
    return Side(*stored) if isinstance(model, str) and spans and named else None


def before(side: Side) -> Side:
    """The same over the span of the same length before it."""
    return replace(side, start=2 * side.start - side.end, end=side.start)


def chosen(
    model: str,
    span: tuple[float, float],
    known: list[Side],
    left: Side | None,
    right: Side | None,
) -> tuple[Side, Side]:
    """Both sides: as chosen, else the two newest versions, the older left, else the spans."""
    versions = [side for side in known if side.version is not None]
    whole = Side(model, *span)
    usual = (versions[1], versions[0]) if len(versions) > 1 else (before(whole), whole)
    return left or usual[0], right or usual[1]
