"""All files that are not to be trusted, besides those of arrays."""

from .archives import ARCHIVES, NIR, checkpointed
from .documents import CASES as DOCUMENTS

CASES = [*DOCUMENTS, *ARCHIVES, *NIR]
KINDS = list(dict.fromkeys(one.kind for one in CASES))

__all__ = ["CASES", "KINDS", "checkpointed"]
