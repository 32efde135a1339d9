"""What machine this is, as far as the bits of a run depend on it."""

from __future__ import annotations

import functools
import platform
from pathlib import Path


def processor() -> str:
    """The type of processor that computes here, in words."""
    return instructions()["processor"]


@functools.cache
def instructions() -> dict[str, str]:
    """The type of processor and the vector instructions it offers, which decide how BLAS and compiled kernels round."""
    source = Path("/proc/cpuinfo")
    if not source.is_file():
        return {"processor": f"{platform.machine()} {platform.processor()}".strip()}
    parts = [line.partition(":") for line in source.read_text().split("\n\n")[0].splitlines()]
    lines = {name.strip(): value.strip() for name, colon, value in parts if colon}
    names = ("model name", "CPU implementer", "CPU part", "CPU variant")
    kinds = ("sse", "avx", "fma", "amx", "asimd", "sve")
    vectors = [flag for flag in lines.get("flags", lines.get("Features", "")).split() if flag.startswith(kinds)]
    return {
        "processor": " ".join([platform.machine(), *(lines[name] for name in names if name in lines)]),
        "instructions": " ".join(sorted(vectors)),
    }
