"""Where the user's stores lie: one for each settings file or set of paths."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

from console.config.settings import Settings

_LONGEST_STEM = 40


def data_folder() -> Path:
    """The user's folder for our data, by the custom of the platform. It need not exist yet."""
    import platformdirs

    return platformdirs.user_data_path("model-console", appauthor=False)


def store_path(settings: Settings, paths: Sequence[Path]) -> Path:
    """The default store of a settings file, or, where there is none, of a set of paths.

    The same file, or the same set in any order, gives the same store in every run, wherever it is
    started. The name begins with something readable; the digest behind it is what tells.
    """
    if settings.file is not None:
        stem, said = settings.file.parent.name, ["settings", str(settings.file)]
    else:
        resolved = sorted({str(path.absolute().resolve()) for path in paths or [Path()]})
        stem, said = Path(resolved[0]).name, ["paths", *resolved]
    readable = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-")[:_LONGEST_STEM] or "store"
    digest = blake2b("\0".join(said).encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()
    return data_folder() / "stores" / f"{readable}-{digest}.duckdb"
