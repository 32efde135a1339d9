"""Events as lines of text: CSV."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from graphnet.errors import SeriesError

from .labelled import event_labels, labelled_events

COLUMNS = ["time", "channel"]


def to_csv(series: Any, path: Any) -> None:
    """Write events as CSV."""
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        file.write(f"# {json.dumps(event_labels(series))}\n")
        lines = csv.writer(file)
        lines.writerow(COLUMNS)
        lines.writerows(series)


def from_csv(cls: type[Any], path: Any, t_stop: float | None, num_channels: int | None) -> Any:
    """Read events from CSV; a line that is none is named by its number."""
    attrs: dict[str, Any] = {}
    times: list[float] = []
    channels: list[float] = []
    with Path(path).open(newline="", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            text = line.strip()
            if text.startswith("#"):
                attrs |= notes(text[1:].strip())
            elif text and not (not times and text.split(",")[0].strip() == COLUMNS[0]):
                try:
                    time, channel = text.split(",")
                    times.append(float(time))
                    channels.append(float(channel))
                except ValueError as error:
                    raise SeriesError(f"{path}:{number}: expected a time and a channel, got {text!r}") from error
    return labelled_events(cls, times, channels, attrs, t_stop, num_channels)


def notes(text: str) -> dict[str, Any]:
    """The fields of a comment; nothing, if it is not one of ours."""
    try:
        fields = json.loads(text)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}
