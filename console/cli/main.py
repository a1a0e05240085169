"""The command line: which command, and what its end means for the exit code."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
import traceback
from collections.abc import Sequence

from console import __version__
from console.cli.errors import UsageError
from console.cli.narration import tell
from console.cli.usage import COMMANDS, HELP
from console.config.settings import SettingsError

DONE, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes of contracts §3."""

_TRACEBACK = "MODEL_CONSOLE_TRACEBACK"


def run(arguments: Sequence[str]) -> int:
    """Runs a command; returns the exit code of contracts §3. Raises nothing."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = _dispatch(list(arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        _give_up_stdout()  # whoever read has seen enough
        return DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    except (UsageError, SettingsError) as error:
        tell(str(error))
        return UNUSABLE
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        tell(f"{place}{(error.strerror or str(error)).lower()}")
        return UNUSABLE
    except Exception as error:  # noqa: BLE001 - a fault of ours is one line for its user, too
        if os.environ.get(_TRACEBACK):
            traceback.print_exc()
        where = traceback.extract_tb(error.__traceback__)[-1]
        tell(
            f"model-console {__version__} broke at {where.filename}:{where.lineno}: {error!r}: "
            f"please report it with what {_TRACEBACK}=1 prints"
        )
        return UNUSABLE
    return code


def split(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """The command that is named, and all the other arguments in their order.

    A command is the first argument that is no option and no value of --store or --config.
    """
    position = 0
    while position < len(arguments):
        argument = arguments[position]
        if argument in ("--store", "--config"):
            position += 2
        elif argument != "--" and argument.startswith("-") and len(argument) > 1:
            position += 1
        elif argument in COMMANDS:
            return argument, [*arguments[:position], *arguments[position + 1 :]]
        else:
            break
    return None, list(arguments)


def _dispatch(arguments: list[str]) -> int:
    command, rest = split(arguments)
    if command is None and {"-h", "--help"} & set(rest):
        print(HELP, end="")
        return DONE
    if "--version" in rest and command is None:
        print(f"model-console {__version__}")
        return DONE
    module = importlib.import_module(f"console.cli.{command or 'watch'}")
    try:
        parsed = module.parser().parse_args(rest)
    except SystemExit as ended:  # argparse has printed a command's help
        return int(ended.code or 0)
    return int(module.run(parsed))


def _give_up_stdout() -> None:
    """Lets the interpreter's last flush go nowhere instead of failing aloud."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
