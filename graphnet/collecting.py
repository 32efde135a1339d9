"""Let Python's garbage collector rest while much is made that will stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_rest() -> Iterator[None]:
    """No collection of reference cycles inside: walking over a growing network again and again, to find nothing that
    could go, takes nearly half the time of building or planning a large one. What has no cycle goes as ever, and what
    was made counts as old afterwards: it would otherwise be walked over once more, all at once.
    """
    working = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if working:
            if gc.get_freeze_count() == 0:  # what somebody has frozen stays so
                gc.freeze()
                gc.unfreeze()
            gc.enable()
