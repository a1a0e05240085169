"""Every command of the screen, declared once: bindings, footer, help and palette follow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from textual.binding import Binding, BindingType

Keymap = Mapping[str, str]
"""Keys of the user's own by `Command.id`, several separated by commas."""
HOME = ("models", "timeline", "inbox", "alert")
"""The panes of the home view, in the order of Tab."""
LISTS = ("models", "timeline", "inbox", "logs", "model", "sources", "templates")
ACTING = ("inbox", "alert")
TIMED = (*HOME, "model", "tracks", "compare", "digest", "templates")
"""Panes whose contents are of the time span that all views share."""
ASKING = ("model", "column", "rows", "tracks", "compare", "sources", "templates")
"""Panes that ask the desk."""
ALL = (*HOME, *ASKING, "logs", "record", "guide", "result", "digest")
VIEWS = (
    ("home", "1", "models, timeline and inbox"),
    ("model", "2", "one model: performance, columns, metrics, versions"),
    ("timeline", "3", "incidents, events, versions and logs of all models over time"),
    ("logs", "4", "all log lines, at the time cursor or the newest"),
    ("compare", "5", "two versions, models, spans or segments side by side"),
    ("sources", "6", "the followed files, what each costs, what could cost less"),
    ("sql", "7", "queries of your own, read-only, with export"),
    ("digest", "8", "what happened over the span, as a page"),
)
"""Name, key and contents of every view."""

NAMES = {
    "space": "space", "question_mark": "?", "slash": "/", "colon": ":", "exclamation_mark": "!",
    "asterisk": "*", "plus": "+", "minus": "-", "left_square_bracket": "[", "full_stop": ".",
    "right_square_bracket": "]", "less_than_sign": "<",
    "greater_than_sign": ">", "escape": "esc", "enter": "enter", "left": "←", "right": "→",
    "up": "↑", "down": "↓", "pageup": "pgup", "pagedown": "pgdn", "equals_sign": "=",
}  # fmt: skip
"""How keys are written where Textual's own name is not it."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that a key does."""

    name: str
    """The action of the pane itself, or `screen.` or `app.` and an action of theirs."""
    keys: tuple[str, ...]
    """Textual's names of the keys; the first is the one that the footer shows."""
    word: str
    """One or two words for the footer."""
    help: str
    """A sentence for the help and the palette."""
    panes: tuple[str, ...]
    """Where it works: names of panes."""
    weight: int = 0
    """Place in the footer, largest first; 0 keeps it out."""
    at_once: bool = False
    """Carried out before the next key is looked at: what is typed after it is meant for it."""

    @property
    def id(self) -> str:
        """What `keys.toml` calls it: `act-ack`, `zoom`, `zoom-back`."""
        name = self.name.removeprefix("screen.").removeprefix("app.").replace("(-1)", "-back")
        return re.sub(r"[^a-z]+", "-", name.replace("(1)", "").lower()).strip("-")

    def keys_by(self, keymap: Keymap) -> tuple[str, ...]:
        """Its keys, the user's own where there are some."""
        own = keymap.get(self.id)
        return tuple(key.strip() for key in own.split(",")) if own else self.keys

    def shown(self, keymap: Keymap) -> str:
        """The keys as a person writes them."""
        return " ".join(dict.fromkeys(key_name(key) for key in self.keys_by(keymap)))


def key_name(key: str) -> str:
    """`!` for `exclamation_mark`."""
    return NAMES.get(key, key)


COMMANDS = (
    # Moving
    Command("down", ("j", "down"), "down", "the next row", ALL),
    Command("up", ("k", "up"), "up", "the row above", ALL),
    Command("top", ("g", "home"), "top", "the first row", ALL),
    Command("bottom", ("G", "end"), "end", "the last row", ALL),
    Command("half(1)", ("ctrl+d", "pagedown"), "page down", "half a page down", ALL),
    Command("half(-1)", ("ctrl+u", "pageup"), "page up", "half a page up", ALL),
    # Triage
    Command("screen.act('ack')", ("a",), "ack", "acknowledges the alert", ACTING, 90),
    Command("screen.choose('snooze')", ("s",), "snooze", "hides the alert for a while", ACTING, 89),
    Command("screen.choose('resolve')", ("r",), "resolve",
            "closes the alert: fixed, expected or a false alarm", ACTING, 88),
    Command("screen.act('noise')", ("exclamation_mark",), "noise",
            "marks the alert as noise: alike ones rank lower", ACTING, 87),
    Command("screen.act('important')", ("asterisk",), "important",
            "marks the alert as important: alike ones rank higher", ACTING, 86),
    Command("screen.note", ("c",), "note", "a note on the alert; it pins the time cursor", ACTING),
    Command("screen.mute", ("m",), "mute",
            "a mute rule: of what, with how many alerts it matches, and until when", ACTING, 59),
    Command("screen.assign", ("A",), "assign", "who cares for the alert", ACTING),
    Command("screen.merge", ("M",), "merge",
            "the marked alerts become members of this one", ("inbox",)),
    Command("screen.split", ("S",), "split", "a member becomes an alert of its own", ACTING),
    Command("screen.mark", ("v",), "mark",
            "marks the alert: the next act is for all that are marked", ("inbox",), 62),
    Command("screen.mark_all", ("V",), "mark all",
            "marks all that the filter shows, no critical one among them", ("inbox",)),
    Command("app.undo", ("z",), "undo", "takes back the last act, as often as you like", HOME, 85),
    Command("screen.apply_order", ("full_stop",), "new order",
            "puts what is new in its place; until then nothing moves under the cursor",
            ("inbox",)),
    # Evidence
    Command("screen.drill", ("enter",), "logs", "the log lines around the onset", ACTING, 95),
    Command("screen.drill", ("enter",), "open", "everything about this model", ("models",), 95),
    Command("screen.narrow", ("i",), "its alerts", "the alerts of this model alone",
            ("models",), 70),
    Command("screen.drill", ("enter",), "look into it",
            "the column's distributions, the rows behind a number, or when a version began",
            ("model",), 95),
    Command("screen.drill", ("enter",), "its rows", "the rows behind this bin or category",
            ("column",), 95),
    Command("screen.drill", ("enter",), "the row", "everything that is known of the row",
            ("rows",), 95),
    Command("screen.turn_model(1)", ("m",), "next model", "the next model, in the same places",
            ("model", "compare"), 92),
    Command("screen.turn_model(-1)", ("M",), "previous model", "the model before",
            ("model", "compare")),
    Command("screen.model_logs", ("l",), "logs", "the model's log lines at the time cursor",
            ("model",), 60),
    Command("screen.drill", ("enter",), "open", "the incident at the time cursor, or the logs then",
            ("tracks",), 95),
    Command("screen.jump(1)", ("n",), "next incident",
            "moves the time cursor to where the next incident of this model begins",
            ("tracks",), 94),
    Command("screen.jump(-1)", ("N",), "previous incident", "and back", ("tracks",)),
    Command("screen.jump_event(1)", ("e",), "next event", "moves the time cursor to the next event",
            ("tracks",), 93),
    Command("screen.jump_event(-1)", ("E",), "previous event", "and back", ("tracks",)),
    Command("screen.mark_event", ("m",), "mark", "marks an event by hand, kept as a record",
            ("tracks",), 92),
    Command("app.turn_page(-1)", ("less_than_sign",), "page back", "half a span earlier", TIMED),
    Command("app.turn_page(1)", ("greater_than_sign",), "page on", "half a span later", TIMED),
    Command("screen.pick_side('left')", ("c",), "left", "chooses what stands at the left",
            ("compare",), 95),
    Command("screen.pick_side('right')", ("C",), "right", "chooses what stands at the right",
            ("compare",), 94),
    Command("screen.swap", ("x",), "swap", "puts left to the right", ("compare",), 90),
    Command("screen.only", ("o",), "what differs", "shows only what differs surely, or all",
            ("compare",), 93),
    Command("screen.start_over", ("u",), "start over",
            "the newest two versions again, else this span and the one before", ("compare",)),
    Command("screen.drill", ("enter",), "open",
            "what could not be decoded of a file, the files of a checkpoint, why one is left out",
            ("sources",), 95),
    Command("submit", ("enter",), "ask", "asks the query", ("sql",), 97),
    Command("screen.leave_box", ("escape",), "leave the line",
            "withdraws a query that takes long; else on to the result, or home", ("sql",), 96),
    Command("screen.complete", ("tab",), "complete", "completes the word", ("sql",), 95),
    Command("screen.recall(-1)", ("up",), "asked before",
            "the query before this one, also of earlier sessions", ("sql",), 94),
    Command("screen.recall(1)", ("down",), "asked later", "and back", ("sql",)),
    Command("screen.drill", ("enter",), "the row", "one row in full", ("result",), 95),
    Command("screen.edit", ("slash", "i"), "edit", "back to the query", ("result",), 94),
    Command("screen.export", ("e",), "export", "writes all rows to a CSV or Parquet file",
            ("result",), 93),
    Command("screen.again", ("r",), "ask again", "asks the store anew", ASKING),
    Command("screen.shift(1)", ("right",), "right", "the columns further right",
            ("rows", "result")),
    Command("screen.shift(-1)", ("left",), "left", "and back", ("rows", "result")),
    Command("screen.drill", ("enter",), "logs", "the model's log lines at the time cursor",
            ("timeline",), 95),
    Command("screen.drill", ("enter",), "record", "the whole record", ("logs",), 95),
    Command("screen.logs", ("l", "o"), "logs", "the log lines around the onset", ACTING),
    Command("screen.reasons", ("w",), "why here", "why the alert stands where it stands",
            ACTING, 60),
    Command("screen.copy", ("y",), "copy", "copies the alert as Markdown", ACTING, 55),
    Command("screen.copy", ("y",), "copy", "copies the record",
            ("logs", "record", "rows", "result", "digest"), 55),
    # Finding
    Command("screen.search", ("slash",), "filter", "filters the list", LISTS, 80,
            at_once=True),
    Command("screen.hit(1)", ("n",), "next", "the next row, or the next hit of the filter",
            ("inbox", "models", "timeline", "model", "sources")),
    Command("screen.hit(-1)", ("N",), "previous", "the one before",
            ("inbox", "models", "timeline", "model", "sources")),
    Command("screen.hit(1)", ("n",), "next hit", "the next line that has the text, filtered or not",
            ("logs",)),
    Command("screen.hit(-1)", ("N",), "previous hit", "the one before", ("logs",)),
    # Logs
    Command("screen.follow", ("f",), "follow", "goes to the newest line and stays there",
            ("logs",), 92),
    Command("screen.error(1)", ("e",), "next error", "the next line of level ERROR or worse",
            ("logs",), 78),
    Command("screen.error(-1)", ("E",), "previous error", "the one before", ("logs",)),
    Command("screen.level(1)", ("v",), "level", "shows only lines of a higher least level",
            ("logs",), 76),
    Command("screen.level(-1)", ("V",), "lower level", "and back", ("logs",)),
    Command("screen.templates", ("T",), "templates",
            "the log folded to its templates: what changed most, how often each came",
            ("logs",), 79),
    Command("screen.mark", ("m",), "mark", "marks the line, or no more", ("logs",), 74),
    Command("screen.next_mark(1)", ("u",), "next mark", "the next marked line", ("logs",)),
    Command("screen.next_mark(-1)", ("U",), "previous mark", "the one before", ("logs",)),
    Command("screen.context", ("c",), "context", "all lines round this one; esc comes back",
            ("logs",), 73),
    Command("screen.columns", ("C",), "columns",
            "other columns: model and stage, logger, file and byte", ("logs",)),
    Command("screen.open_file(False)", ("p",), "pager", "opens the file at the line in $PAGER",
            ("logs",), 72),
    Command("screen.open_file(True)", ("P",), "editor", "opens the file at the line in $EDITOR",
            ("logs",)),
    Command("screen.drill", ("enter",), "its lines", "the lines of this template",
            ("templates",), 95),
    Command("screen.order", ("o",), "order",
            "what changed most first, or what is most frequent", ("templates",), 94),
    Command("screen.bundle", ("b",), "bundle",
            "builds the alert's debug bundle: data, logs, charts, message, notebook",
            ACTING, 58),
    Command("screen.shell", ("x",), "shell", "a Python shell with the alert's data loaded",
            ACTING, 57),
    # Time
    Command("app.zoom(-1)", ("plus", "equals_sign"), "zoom in", "a shorter time span",
            TIMED, 50),
    Command("app.zoom(1)", ("minus",), "zoom out", "a longer time span", TIMED, 49),
    Command("app.pan(-1)", ("left_square_bracket", "left"), "earlier",
            "moves the time cursor back; esc takes it away", TIMED, 48),
    Command("app.pan(1)", ("right_square_bracket", "right"), "later", "moves it on", TIMED, 47),
    Command("app.pause", ("space",), "pause",
            "freezes the screen, never the collection; again to go on",
            (*TIMED, "logs", "guide"), 40),
    Command("app.go_to", ("t",), "go to time", "asks for a time and goes there",
            (*TIMED, "logs"), 30),
    # Places
    *(
        Command(f"app.go({name!r})", (key,), name, contents, ALL, 45 if name == "logs" else 0)
        for name, key, contents in VIEWS
    ),
    Command("screen.next_pane", ("tab",), "pane", "the next pane",
            (*HOME, "model", "sources"), 44),
    Command("screen.previous_pane", ("shift+tab",), "back a pane", "the pane before",
            (*HOME, "model", "sources")),
    Command("screen.back", ("escape",), "back", "goes back, or clears the filter", ALL),
    Command("app.command_palette", ("colon", "ctrl+p"), "commands", "all commands by name",
            ALL, 20),
    Command("app.help", ("question_mark", "f1"), "help", "help for what has the focus", ALL, 99),
    Command("app.help", ("f1",), "help", "help for what has the focus", ("sql",), 90),
    Command("app.command_palette", ("ctrl+p",), "commands", "all commands by name", ("sql",), 20),
    Command("app.leave", ("q",), "quit", "leaves the console; nothing is lost", ALL, 98),
)  # fmt: skip


def of_pane(pane: str) -> list[Command]:
    """The commands that work in a pane."""
    return [command for command in COMMANDS if pane in command.panes]


def bindings(pane: str) -> list[BindingType]:
    """The bindings of a pane's widget, in a list that its class may keep."""
    return [
        Binding(
            key, command.name, command.word, show=False, priority=command.at_once, id=command.id
        )
        for command in of_pane(pane)
        for key in command.keys
    ]


def footer(pane: str, keymap: Keymap) -> list[tuple[str, str]]:
    """Key and word of what the footer of a pane shows, the most wanted first."""
    shown = [command for command in of_pane(pane) if command.weight]
    ranked = sorted(shown, key=lambda command: -command.weight)
    return [(key_name(command.keys_by(keymap)[0]), command.word) for command in ranked]


def unknown(keymap: Keymap) -> list[str]:
    """Names in a keymap that are no command's."""
    known = {command.id for command in COMMANDS}
    return sorted(name for name in keymap if name not in known)
