"""Predictions of one model for three clients, the last hours of one of them without amounts."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path

from fleets import START

__all__ = ["BROKEN", "HOURS", "START", "write_clients"]

HOURS, BROKEN = 48, 44
"""Hours of predictions, and after how many the client breaks."""


def write_clients(folder: Path, settings: str = "", hours: int = HOURS) -> Path:
    """A prediction a minute and its label two hours later; at last acme sends no amounts."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "console.toml").write_text(f"[models.fraud]\n{settings}\n", encoding="utf-8")
    rng = random.Random(3)
    predictions, labels = [], []
    for minute in range(60 * hours):
        client = rng.choices(("acme", "globex", "initech"), (3, 5, 2))[0]
        gone = client == "acme" and minute >= 60 * BROKEN
        score = round(rng.random(), 3)
        ts = START + timedelta(minutes=minute)
        common = {"model": "fraud", "id": f"p{minute}"}
        predictions.append(
            {
                "ts": ts.isoformat(),
                **common,
                "features": {
                    "amount": None if gone else round(rng.gauss(40, 9), 2),
                    "plan": rng.choice(("free", "paid")),
                },
                "prediction": int(score > 0.5),
                "score": score,
                "tags": {"client": client},
            }
        )
        truth = int(rng.random() < score)
        if minute < 60 * (hours - 2):
            labels.append({"ts": (ts + timedelta(hours=2)).isoformat(), **common, "label": truth})
    for name, records in (("predictions", predictions), ("labels", labels)):
        lines = "".join(json.dumps(record) + "\n" for record in records)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder
