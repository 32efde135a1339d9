"""What an experiment gives, and how it may be watched, driven and kept while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

from numpy.typing import NDArray

from ..network import Network
from ..run import Result
from ..training import Sums

if TYPE_CHECKING:
    from ..views.signals.comparison import Comparison

T = TypeVar("T")
Watch = Callable[[Sequence[T], str], Iterable[T]]
"""Goes through trials while showing how far it has come; the second argument says what is done with them."""
How = Callable[..., Result]
"""A way to evolve a network: as ``evolve``, with its duration, record and progress."""


class Keeping:
    """Keeps how far a run of trials has come. This one keeps nothing: each run begins at its first trial."""

    def fitting(self, net: Network, layer: str, trials: int) -> tuple[int, Sums | None]:
        """How many of the trials the layer has taken in, and what it holds; the network is put where it stood then."""
        return 0, None

    def fitted(self, net: Network, layer: str, done: int) -> None:
        """So many trials have been taken in."""

    def evaluating(self, net: Network) -> Sequence[tuple[Fraction, Result]]:
        """When each trial began that was evaluated, and its signals; the network is put where it stood after them."""
        return ()

    def evaluated(self, net: Network, begun: Fraction, signals: Result) -> None:
        """One more trial was evaluated, which began then."""


@dataclass
class Outcome:
    """What an experiment gave.

    ``summary`` is plain data; ``arrays`` hold what was judged, by name; ``table`` is a short text for people;
    ``activity`` the signals of the run, or of one trial through every layer, of which the seconds ``between`` are
    drawn; ``comparison`` what is drawn of spikes beside those that were wanted.
    """

    summary: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    table: str = ""
    activity: Result | None = None
    between: tuple[float, float] | None = None
    comparison: Comparison | None = None
