"""The help of `model-console` itself, in 80 columns."""

from __future__ import annotations

COMMANDS = {
    "demo": "the console on a simulated fleet of models, nothing to set up",
    "collect": "the same collection without a screen, for a service manager",
    "replay": "runs history as fast as it goes, then prints the ranked alerts",
    "alerts": "the ranked inbox of a store",
    "rank": "orders alerts, learned from a log of what a user saw and did",
    "detect": "scores every point of a metric file by how unusual it is",
    "drift": "two files of rows, column by column: drift and data quality",
    "check": "the configured checks over files, for CI: fails where one does",
    "backtest": "when rules would have fired on history, and what they found",
    "bundle": "an alert's rows, log lines, message and notebook in one folder",
    "query": "read-only SQL over a store",
    "templates": "which statement of a program each line of a log is",
    "emit": "appends one record to a file, to mark a deploy from a script, say",
    "doctor": "checks sources, clocks, disk and terminal, and says what to mend",
}
"""Every command with one line of what it does; `console.cli.NAME` is its module."""

_LOOK = ("demo", "alerts", "bundle", "rank", "detect", "query", "templates")
_COLLECT = ("collect", "replay", "drift", "check", "backtest", "emit", "doctor")


def _listed(names: tuple[str, ...]) -> str:
    return "\n".join(f"  {name:<13}{COMMANDS[name]}" for name in names)


HELP = f"""\
usage: model-console [PATH ...] [--store FILE] [--config FILE]
       model-console COMMAND [-h] ...

Follows the log and metric files of machine-learning models and tells early
what goes wrong, where, since when and why. PATH is a file, a folder or a
quoted glob; without one, those that ./console.toml names. A path that is
called like a command is written ./demo.

Look
  PATH ...     opens the console
{_listed(_LOOK)}

Collect and check
{_listed(_COLLECT)}

Options, everywhere
  --config FILE   settings; else the console.toml of the first PATH, else of
                  the working folder
  --store FILE    where rows and alerts are kept; else one for each settings
                  file or set of paths in the user's data folder; :memory:
                  keeps nothing
  -h, --help      this, or the help of a command
  --version       the version

Examples
  model-console logs/ metrics/
  model-console replay logs/ --format json | jq '.alerts[0].what'
  model-console emit events.jsonl event --type deploy --title "fraud v12"
  model-console query "select model, count(*) from metrics group by model"

Exit codes
  0 done   1 a check failed   2 usage or input error   130 interrupted
"""  # noqa: S608 - an example, no query
