"""Reads console.toml (contracts §6) into settings, and tells exactly what does not fit.

Every table is a mapping of its keys to the field they fill and the reader of their values. An
unknown key is an error even if a later version might know it: a limit that is silently ignored is
worse than a console that says what it cannot do.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from console import __version__
from console.config import values
from console.config.delivery import NOTIFY, Recipient
from console.config.document import Document, KeyPath, fault, parse
from console.config.keeping import RETENTION, retention_of
from console.config.messages import Words, template
from console.config.recipients import RECEIVER, RECIPIENT, receiver_of, recipient_of
from console.config.settings import (
    PATH_NAMES,
    Check,
    ModelSettings,
    Objective,
    Retention,
    Rule,
    Settings,
    SettingsError,
    SourceSettings,
)
from console.config.values import Key

NAME = "console.toml"
"""What the file of settings is called."""


SOURCE: Mapping[str, Key] = {
    "path": Key("path", values.path),
    "format": Key("format", values.text),
    "model": Key("model", values.text),
    "stage": Key("stage", values.text),
    "version": Key("version", values.label),
    "timezone": Key("timezone", values.timezone),
}
MODEL: Mapping[str, Key] = {
    "reference": Key("reference", values.path),
    "positive": Key("positive", values.label),
    "stages": Key("stages", values.names),
    "owner": Key("owner", values.text),
    "tier": Key("tier", values.at_least(1)),
    "value_per_prediction": Key("value_per_prediction", values.number),
    "unit": Key("unit", values.text),
    "predictions": Key("predictions", values.text),
    "downstream": Key("downstream", values.names),
    "costs": Key("costs", values.costs),
    "baseline": Key("baseline", values.baseline),
    "runbook": Key("runbook", values.text),
    "segments": Key("segments", values.names_or_none),
}
MESSAGE: Mapping[str, Key] = {
    **{
        name: Key(name, values.text)
        for name in ("model", "stage", "series", "detector", "owner", "recipient")
    },
    **{name: Key(name, template) for name in ("title", "what", "impact")},
}
OBJECTIVE: Mapping[str, Key] = {
    "model": Key("model", values.text),
    "stage": Key("stage", values.text),
    "objective": Key("objective", values.objective),
    "good": Key("good", values.text),
    "bad": Key("bad", values.text),
    "total": Key("total", values.text),
    "good_ratio": Key("good_ratio", values.text),
    "bad_ratio": Key("bad_ratio", values.text),
    "period": Key("period_s", values.period),
    "message": Key("message", values.text),
}
RULE: Mapping[str, Key] = {
    "model": Key("model", values.text),
    "stage": Key("stage", values.text),
    "series": Key("series", values.text),
    "above": Key("above", values.number),
    "below": Key("below", values.number),
    "outside": Key("outside", values.span),
    "for": Key("hold_s", values.duration),
    "severity": Key("severity", values.one_of("critical", "warning", "info")),
    "message": Key("message", values.text),
}
TESTS = (
    "ks",
    "wasserstein",
    "wasserstein_normed",
    "energy",
    "cramer_von_mises",
    "anderson_darling",
    "mann_whitney",
    "psi",
    "jensen_shannon",
    "kullback_leibler",
    "hellinger",
    "total_variation",
    "l_infinity",
    "chi_square",
    "cramers_v",
    "z",
)
"""Two-sample tests by name: `stats.twosample.menu` has them."""
CHANGES = ("page_hinkley", "cusum", "ddm", "eddm", "hddm", "hddm_w", "fhddm", "kswin", "adwin")
"""Tests of a change of level: `stats.changes` has them."""
STREAMING: Mapping[str, tuple[str, ...]] = {
    "river": tuple(name for name in CHANGES if name != "cusum"),
    "frouros": ("page_hinkley", "cusum", "ddm", "eddm", "hddm", "adwin"),
    "menelaus": ("page_hinkley", "cusum"),
}
"""Tests of a change of level as other tools have them: `stats.changes_compat`."""
COMPATS = ("scipy", "evidently", "nannyml", "deepchecks", "frouros")
_ONLY_CHANGES = ("river", "menelaus")
METRICS = (
    *("accuracy", "precision", "recall", "f1", "auc", "average_precision", "value"),
    *(f"{name}_{mean}" for name in ("precision", "recall", "f1") for mean in ("macro", "weighted")),
    *("brier", "log_loss", "calibration_error", "mae", "rmse", "mape", "r2", "bias"),
    *("ndcg", "mrr", "map"),
)
CHECK: Mapping[str, Key] = {
    "name": Key("name", values.text),
    "model": Key("model", values.text),
    "path": Key("path", values.path),
    "reference": Key("reference", values.path),
    "columns": Key("columns", values.names),
    "rows": Key("rows", values.at_least(1)),
    "fresh": Key("fresh_s", values.duration),
    "nulls": Key("nulls", values.share),
    "duplicates": Key("duplicates", values.share),
    "range": Key("within", values.span),
    "unseen": Key("unseen", values.share),
    "drift": Key("drift", values.drift_limit),
    "test": Key("test", values.one_of(*TESTS)),
    "compat": Key("compat", values.one_of(*COMPATS, *_ONLY_CHANGES)),
    "metric": Key("metric", values.one_of(*METRICS)),
    "least": Key("least", values.number),
    "most": Key("most", values.number),
    "degradation": Key("degradation", values.number),
    "sigma": Key("sigma", values.number),
    "change": Key("change", values.one_of(*CHANGES)),
    "suite": Key("suite", values.one_of("train_test")),
    "constant": Key("constant", values.share),
    "leakage": Key("leakage", values.share),
    "multivariate": Key("multivariate", values.share),
    "by": Key("by", values.text),
}
_CONDITIONS = (
    "rows",
    "fresh",
    "nulls",
    "duplicates",
    "range",
    "unseen",
    "drift",
    "metric",
    "suite",
    "change",
    "constant",
    "leakage",
    "multivariate",
)
CONSOLE: Mapping[str, Key] = {
    "window": Key("window_s", values.width),
    "prediction_window": Key("prediction_window_s", values.width),
    "lateness": Key("lateness_s", values.duration),
    "series_limit": Key("series_limit", values.at_least(1)),
    "stages": Key("stages", values.names),
    "notify": Key("notify", values.one_of(*NOTIFY)),
    "digest": Key("digest", values.schedule),
    "digest_timezone": Key("digest_timezone", values.timezone),
}
BUNDLE: Mapping[str, Key] = {"redact": Key("redact", values.patterns)}
TABLES = (
    *("sources", "models", "rules", "objectives", "checks", "console", "retention"),
    *("messages", "recipients", "receiver", "bundle"),
)


_COUNTED = (
    {"good", "total"},
    {"bad", "total"},
    {"good", "bad"},
    {"good_ratio"},
    {"bad_ratio"},
)
"""Keys that tell an objective's share of good events."""


def load(path: Path) -> Settings:
    """The settings of a file. Raises SettingsError, one line that says what to mend where."""
    try:
        content = path.read_bytes()
    except IsADirectoryError:
        raise fault(path, None, f"is a folder: name the {NAME} in it") from None
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        raise fault(path, None, f"cannot be read, {problem}: name another with --config") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise fault(path, line, "is not UTF-8: save it as UTF-8") from None
    return read(parse(path, text))


def settings_for(paths: Sequence[Path], config: Path | None = None) -> Settings:
    """The settings that hold for some paths. Raises SettingsError.

    Those of `config` where it is named, else of the console.toml in the first path (beside it,
    if it is a file), else of the one in the working folder, else the defaults.
    """
    if config is not None:
        return load(config)
    first = [paths[0] if paths[0].is_dir() else paths[0].parent] if paths else []
    for folder in (*first, Path()):
        if (folder / NAME).is_file():
            return load(folder / NAME)
    return Settings()


def read(document: Document) -> Settings:
    """The settings that a document says. Raises SettingsError."""
    for name in document.data:
        if name not in TABLES:
            raise _unknown(document, (name,), "at the top", TABLES)
    folder = document.file.absolute().parent
    console = _table(document, ("console",), CONSOLE) if "console" in document.data else {}
    if (zone := console.pop("digest_timezone", None)) and console.get("digest"):
        console["digest"] = replace(console["digest"], zone=zone)
    settings = Settings(
        file=folder.resolve() / document.file.name,
        sources=tuple(_source(document, path, folder) for path in _several(document, "sources")),
        models=tuple(_model(document, path, folder) for path in _named(document, "models")),
        rules=tuple(_rule(document, path) for path in _several(document, "rules")),
        objectives=tuple(_objective(document, path) for path in _several(document, "objectives")),
        checks=tuple(_check(document, path, folder) for path in _several(document, "checks")),
        retention=retention_of(document, _table(document, ("retention",), RETENTION))
        if "retention" in document.data
        else Retention(),
        messages=tuple(_message(document, path) for path in _several(document, "messages")),
        recipients=_recipients(document, folder),
        **(_table(document, ("bundle",), BUNDLE) if "bundle" in document.data else {}),
        receiver=receiver_of(
            document, _table(document, ("receiver",), RECEIVER, needs="file"), folder
        )
        if "receiver" in document.data
        else None,
        **console,
    )
    if settings.receiver is not None and settings.sources:
        received = SourceSettings(_literal(settings.receiver.file), format="jsonl")
        settings = replace(settings, sources=(*settings.sources, received))
    if settings.prediction_window_s % settings.window_s:
        key = "prediction_window" if "prediction_window_s" in console else "window"
        raise document.error(
            ("console", key),
            f"prediction_window ({settings.prediction_window_s:g}s) holds no whole number of "
            f"windows ({settings.window_s:g}s): make it a multiple",
        )
    return settings


def _literal(path: Path) -> str:
    from glob import escape  # most start without a pattern

    return escape(str(path))


def _source(document: Document, path: KeyPath, folder: Path) -> SourceSettings:
    source = SourceSettings(**_table(document, path, SOURCE, needs="path"))
    for name in re.findall(r"(?<!\[)\{([^{}/]*)\}", source.path):
        if name not in PATH_NAMES:
            known = ", ".join(f"{{{each}}}" for each in PATH_NAMES)
            problem = f"path names a part of it {{{name}}}: only {known} are known"
            raise document.error((*path, "path"), problem)
    place = Path(_literal(folder).replace("{", "[{]"))
    return replace(source, path=os.path.normpath(place / source.path))


def _model(document: Document, path: KeyPath, folder: Path) -> ModelSettings:
    model = ModelSettings(name=str(path[-1]), **_table(document, path, MODEL))
    if model.reference is None:
        return model
    return replace(model, reference=Path(os.path.normpath(folder / model.reference)))


def _rule(document: Document, path: KeyPath) -> Rule:
    rule = Rule(**_table(document, path, RULE, needs="series"))
    limits = [name for name in ("above", "below", "outside") if getattr(rule, name) is not None]
    if len(limits) != 1:
        problem = f"has {' and '.join(limits)}" if limits else "has no limit"
        raise document.error(
            path, f"this [[rules]] {problem}: give it one of above, below and outside"
        )
    return rule


def _objective(document: Document, path: KeyPath) -> Objective:
    fields = _table(document, path, OBJECTIVE, needs="objective")
    said = {name for name in ("good", "bad", "total", "good_ratio", "bad_ratio") if name in fields}
    if said not in _COUNTED:
        problem = f"has {' and '.join(sorted(said))}" if said else "counts nothing"
        raise document.error(
            path,
            f"this [[objectives]] {problem}: give it good and total, bad and total, good and bad, "
            f"good_ratio, or bad_ratio",
        )
    return Objective(**fields)


def _check(document: Document, path: KeyPath, folder: Path) -> Check:
    check = Check(**_table(document, path, CHECK))
    said = {name: getattr(check, key.field) for name, key in CHECK.items()}
    if not any(said[name] is not None for name in _CONDITIONS):
        problem = f"this [[checks]] asks for nothing: give it one of {', '.join(_CONDITIONS)}"
        raise document.error(path, problem)
    limits = [name for name in ("least", "most", "degradation", "sigma") if said[name] is not None]
    if limits and check.metric is None and check.suite is None:
        raise document.error((*path, limits[0]), f"{limits[0]} is of no metric: name one")
    if check.metric is not None and not limits:
        problem = f"metric {check.metric} has no limit: give it least, most, degradation or sigma"
        raise document.error((*path, "metric"), problem)
    if check.test is not None and not isinstance(check.drift, float):
        problem = f"test {check.test} has no limit: give it a number as drift"
        raise document.error((*path, "test"), problem)
    if check.test is not None and check.compat in _ONLY_CHANGES:
        raise document.error((*path, "compat"), f"{check.compat} has no test {check.test}")
    if check.change is not None and check.compat in STREAMING:
        known = STREAMING[check.compat]
        if check.change not in known:
            problem = f"{check.compat} has no test {check.change}: it has {', '.join(known)}"
            raise document.error((*path, "compat"), problem)
    if check.path is not None:
        place = os.path.normpath(Path(_literal(folder)) / check.path)
        check = replace(check, path=place)
    if check.reference is not None:
        check = replace(check, reference=Path(os.path.normpath(folder / check.reference)))
    return check


def _message(document: Document, path: KeyPath) -> Words:
    words = Words(**_table(document, path, MESSAGE))
    if words.title is words.what is words.impact is None:
        raise document.error(path, "this [[messages]] says nothing: give it title, what or impact")
    return words


def _recipients(document: Document, folder: Path) -> tuple[Recipient, ...]:
    found: dict[str, Recipient] = {}
    for path in _several(document, "recipients"):
        fields = _table(document, path, RECIPIENT, needs="name")
        one = recipient_of(document, path, fields, folder)
        if one.name in found:
            raise document.error((*path, "name"), f"two recipients are called {one.name!r}")
        found[one.name] = one
    return tuple(found.values())


def _several(document: Document, name: str) -> list[KeyPath]:
    """The places of the tables that are written `[[name]]`."""
    tables = document.data.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(item, dict) for item in tables):
        raise document.error((name,), f"{name} are tables: begin each with a line [[{name}]]")
    return [(name, index) for index in range(len(tables))]


def _named(document: Document, name: str) -> list[KeyPath]:
    """The places of the tables that are written `[name.NAME]`."""
    tables = document.data.get(name, {})
    if not isinstance(tables, dict):
        raise document.error((name,), f"{name} are tables: begin each with a line [{name}.NAME]")
    if "" in tables:
        raise document.error((name, ""), f'[{name}.""] has no name: give it one')
    return [(name, key) for key in tables]


def _table(
    document: Document, path: KeyPath, keys: Mapping[str, Key], *, needs: str | None = None
) -> dict[str, Any]:
    """The fields that a table fills."""
    data: Any = document.data
    for step in path:
        data = data[step]
    heading = _heading(path)
    if not isinstance(data, dict):
        raise document.error(path, f"{heading} is a table: write its keys below a line {heading}")
    fields = {}
    for name, value in data.items():
        if name not in keys:
            raise _unknown(document, (*path, name), f"in {heading}", keys)
        try:
            fields[keys[name].field] = keys[name].read(value)
        except values.UnfitError as wanted:
            told = "" if isinstance(wanted, values.UntoldError) else f" is {values.shown(value)}"
            problem = f"{name}{told}: {wanted}"
            raise document.error((*path, name), problem) from None
    if needs and needs not in data:
        raise document.error(path, f"this {heading} lacks its {needs}: add one")
    return fields


def _heading(path: KeyPath) -> str:
    if isinstance(path[-1], int):
        return f"[[{path[0]}]]"
    return f"[{'.'.join(str(step) for step in path)}]"


def _unknown(
    document: Document, path: KeyPath, where: str, known: Mapping[str, Key] | Sequence[str]
) -> SettingsError:
    name = str(path[-1])
    mend = values.nearest(name, known) or (
        f" (version {__version__}): take it out, or use one of {', '.join(known)}"
    )
    return document.error(path, f'unknown key "{name}" {where}{mend}')
