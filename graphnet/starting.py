"""How a project begins: the schema that editors read, and a folder with a document that runs at once."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from pathlib import Path

from .errors import FileError, ParameterError


def schema_text() -> str:
    """The JSON Schema of documents, as the text of a file."""
    from .document.describing import json_schema

    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def start(place: Path) -> list[str]:
    """Make a project folder: a commented document that runs at once, the schema for editors, a README.

    Gives the names of its files. All of it appears or nothing. Raises ParameterError for a name that no network can
    have, FileError where something stands there already or the folder cannot be made.
    """
    name = place.name
    if not _NAME.fullmatch(name):
        raise ParameterError(
            f"{name!r} is no name for a project: a letter, then letters, digits, '-' and '_'", parameter="name"
        )
    if os.path.lexists(place):
        raise FileError(f"{place} is there already: nothing was changed", path=str(place), hint="give another name")
    files = {
        f"{name}.yaml": DOCUMENT.replace("NAME", name),
        "README.md": README.replace("NAME", name),
        SCHEMA: schema_text(),
        ".gitignore": "/out/\n",
    }
    beside = place.parent / f".{secrets.token_hex(8)}.part"
    try:
        beside.mkdir()
        try:
            for file, text in files.items():
                (beside / file).write_text(text, encoding="utf-8")
            beside.rename(place)
        except BaseException:  # also an interrupt leaves nothing behind
            shutil.rmtree(beside)
            raise
    except OSError as error:
        raise FileError(f"cannot make the folder {place}: {error.strerror}", path=str(place)) from error
    return list(files)


_NAME: re.Pattern[str] = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")
SCHEMA = "schema.json"

DOCUMENT = """\
# yaml-language-server: $schema=schema.json
#
# A network and what is done with it. 'graphnet check NAME.yaml' says what is wrong with it, with line and column;
# 'graphnet layers' lists the types of layers, 'graphnet layers LIF' the parameters of one.

version: 1
name: NAME
seed: 1                   # where all noise comes from: the same seed gives the same bits

params:                   # values with a name, written ${name} below; graphnet run NAME.yaml --set tau='10 ms'
  tau: 20 ms

layers:
  tone:                   # a source: it needs no input. For data of your own see README.md
    type: Sine
    size: 2
    frequency: [3 Hz, 5 Hz]
  cells:                  # 20 neurons with noise
    type: LIF
    weights: {init: uniform, shape: [2, 20], low: -2.0, high: 2.0, seed: 1}
    tau_mem: ${tau}
    bias: 1.0
    noise_std: 0.5
  smooth:                 # spikes become a signal of 2 channels
    type: ExpSyn
    weights: {init: normal, shape: [20, 2], scale: 0.1, seed: 2}
    tau: 50 ms

edges:
  - tone -> cells -> smooth
  # a loop needs a delay somewhere, and two edges into one input say how they meet:
  # - smooth -> cells @ 5 ms

# merge: {cells: sum}

record: [tone, cells, smooth]

run:
  duration: 1 s
  # checkpoint: 10 s      # of a long run: graphnet run --resume FOLDER goes on where it was stopped

sweep:                    # graphnet sweep NAME.yaml: one run for each combination
  over:
    tau: [10 ms, 20 ms, 40 ms]
    seed: [1, 2, 3]
  show: firing.cells.rate
"""

README = """\
# NAME

A network for graphnet, in `NAME.yaml`.

```sh
graphnet check NAME.yaml              # silent when it is sound
graphnet draw NAME.yaml -o NAME.svg
graphnet run NAME.yaml                # results and pictures in out/NAME/
graphnet run NAME.yaml --set tau='10 ms' --seed 7 -o out/fast
graphnet run out/fast/document.yaml -o out/again    # the same bits
graphnet sweep NAME.yaml --workers 2  # a table and a figure in out/NAME-sweep/
```

`schema.json` lets editors check and complete the document as you write it. Make it again after layers were installed
or updated: `graphnet schema -o schema.json`.

## Data of your own

Declare an input instead of the source, and say which file drives it:

```yaml
inputs:
  tone: {size: 2}
run: {duration: 1 s, inputs: {tone: tone.npz}}
```

The file is a series, made by a few lines of Python:

```python
import numpy as np
from graphnet import TSContinuous

t = np.arange(0, 1, 0.001)
samples = np.stack([np.sin(20 * t), np.cos(20 * t)], axis=1)
TSContinuous.from_clocked(samples, dt=0.001).save("tone.npz")
```
"""
