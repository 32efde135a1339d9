"""A network that runs in a thread of its own while others look on, and obeys them between two blocks."""

from __future__ import annotations

import contextvars
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from ..datasets import Trial
from ..errors import GraphnetError, ParameterError, StateError
from ..network import Network
from ..run import Result
from .changing import Change
from .columns import Shown
from .pace import Pace, sensible
from .programme import programme
from .show import Show
from .status import State, Status

T = TypeVar("T")


class _Stopped(BaseException):
    """Fitting is broken off because nobody looks on any more."""


class Live:
    """Runs what a network's document says, for others to look on and to interfere; ``start`` it, and ``stop`` it.

    ``speed``: simulated seconds in a second, by default real time, or so much faster that something moves, or slower
    that a run takes 5 s; ``"max"`` is as fast as it can. ``window`` (s) is how much of the past is shown, by default a
    run as a whole or 10 s. ``paused``: get ready, and wait for ``go_on``. ``watch`` is called with every block's
    signals, in the thread of the run. ``net`` is left as it is.

    Whatever is asked of it happens between two blocks, and gives a Future, which raises what was refused. Raises
    ParameterError for a speed or a window that is none.
    """

    def __init__(
        self,
        net: Network,
        *,
        speed: float | Literal["max"] | None = None,
        window: float | None = None,
        paused: bool = False,
        watch: Callable[[Result], Any] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.net: Network = net
        self._pace = Pace(None, clock)
        self._pace.speed = 1.0 if speed is None else checked_speed(speed)
        self._choose_speed = speed is None
        self._window = window
        self._watch = watch
        self._clock = clock
        self._change = threading.Condition()  # guards all that follows
        self._asked: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._show: Show | None = None
        self._state: State = "starting"
        self._paused = paused
        self._doing = ""
        self._error = ""
        self._updates = 0
        inside = contextvars.copy_context()  # limits that hold here hold there too
        self._thread = threading.Thread(target=inside.run, args=(self._run,), name=f"live {net.name}", daemon=True)

    # ------------------------------------------------------------------ from any thread

    def start(self) -> Self:
        """Begin: fit where the document says so, then run."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End the run and its thread, within a block."""
        with self._change:
            self._state = "stopped"
            self._change.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        while self._asked:
            self._asked.popleft()[1].cancel()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def pause(self) -> Future[None]:
        """Stand still after the present block."""
        return self._ask(lambda: self._stand(True))

    def go_on(self) -> Future[None]:
        """Go on after a pause, a failure, or the end of a run that nothing brings to an end."""
        return self._ask(lambda: self._stand(False))

    def restart(self, written: bool = False) -> Future[None]:
        """Begin anew; with ``written``, parameters are again as the document says."""
        return self._ask(lambda: self._anew(written))

    def go_to(self, number: int) -> Future[None]:
        """Leave this trial and begin another, as far as what is reset before each lets it be another's beginning."""
        return self._ask(lambda: self._elsewhere(number))

    def set_speed(self, speed: float | Literal["max"]) -> Future[None]:
        """Simulate so many seconds in a second."""
        return self._ask(lambda: self._set_speed(speed))

    def set_window(self, seconds: float) -> Future[None]:
        """Show so many seconds of the past, from now on."""
        return self._ask(lambda: self._alone(lambda show: show.set_window(seconds)))

    def choose(self, names: Sequence[str]) -> Future[None]:
        """Show the signals of other layers and inputs."""
        return self._ask(lambda: self._alone(lambda show: show.choose(names)))

    def change(self, layer: str, parameter: str, text: str) -> Future[Change]:
        """Give a parameter another value, written as in a document; states stay. Refused, it changes nothing."""
        return self._ask(lambda: self._changed(layer, parameter, text))

    def _ask(self, what: Callable[[], T]) -> Future[T]:
        answer: Future[T] = Future()
        with self._change:
            if self._state == "stopped":
                answer.set_exception(StateError("the run has been stopped"))
            else:
                self._asked.append((what, answer))
                self._change.notify_all()
        return answer

    @property
    def fitted(self) -> Network | None:
        """The network as it was before anything was changed, fitted; None until then. Not to be written to."""
        with self._change:
            return None if self._show is None else self._show.written

    @property
    def legs(self) -> tuple[str, ...]:
        """What the trials are called; nothing until they are known."""
        with self._change:
            return () if self._show is None else tuple(leg.called for leg in self._show.legs)

    def status(self) -> Status:
        """How the run stands."""
        with self._change:
            return self._status()

    def picture(self) -> tuple[Status, dict[str, Shown]]:
        """How the run stands, and the signals that are shown, as they are at the same moment."""
        with self._change:
            return self._status(), {} if self._show is None else self._show.shown()

    def wait(self, until: Callable[[Status], bool], timeout: float) -> Status:
        """The first status that fulfils a condition, or the one after ``timeout`` seconds."""
        with self._change:
            self._change.wait_for(lambda: until(self._status()), timeout)
            return self._status()

    def _status(self) -> Status:
        show, pace = self._show, self._pace
        if show is None:
            return Status(self._state, self._doing, self._error, speed=pace.speed)
        done = float(show.simulated)
        running = self._state == "running"
        return Status(
            self._state, show.leg.called, self._error, show.number, show.net.t, show.until, done, pace.speed,
            pace.reached if running else None, pace.behind(done) if running else 0.0, self._updates, show.window,
            show.start, show.names, tuple(show.changes.values()), show.leg.goes_on,
        )  # fmt: skip

    # ------------------------------------------------------------------ in the thread of the run

    def _run(self) -> None:
        try:
            net = self.net.copy()
            legs = programme(net, self._watched)
            show = Show(net, legs, self._window)
            self._tell("compiling kernels")
            show.warm_up()
        except _Stopped:
            return
        except Exception as error:
            self._failed(error)
            show = None
        with self._change:
            self._show = show
            if self._choose_speed and show is not None:
                self._pace.speed = sensible(show.step(), show.until)
            if show is not None and self._state == "starting":
                self._state = "paused" if self._paused else "running"
            self._pace.begin(0.0)
            self._change.notify_all()
        while self._state != "stopped":
            self._obey()
            wait = self._pace.wait(float(show.simulated)) if show is not None and self._state == "running" else None
            if show is None or wait is None or wait > 0.0:
                self._idle(wait)
            else:
                self._advance(show)

    def _idle(self, wait: float | None) -> None:
        with self._change:
            if not self._asked and self._state != "stopped":
                self._change.wait(wait)

    def _obey(self) -> None:
        while self._asked:
            what, answer = self._asked.popleft()
            if not answer.set_running_or_notify_cancel():
                continue
            try:
                given, refused = what(), None
            except Exception as error:
                given, refused = None, error
            with self._change:
                self._updates += 1
                self._change.notify_all()
            if refused is None:
                answer.set_result(given)
            else:
                answer.set_exception(refused)

    def _advance(self, show: Show) -> None:
        began = self._clock()
        try:
            result = show.advance(self._pace.block(show.step(), show.longest(), show.block))
            if result is not None and self._watch is not None:
                self._watch(result)
        except Exception as error:
            show.close()
            self._failed(error)
            return
        with self._change:
            if result is None:
                self._state = "ended" if self._state == "running" else self._state
            else:
                show.take(result)
                steps = round(result.info.simulated / float(show.step()))
                self._pace.passed(float(show.simulated), steps, self._clock() - began)
            self._updates += 1
            self._change.notify_all()

    def _failed(self, error: Exception) -> None:
        said = error.message if isinstance(error, GraphnetError) else str(error)
        with self._change:
            self._error = f"{type(error).__name__}: {said}"
            self._state = "failed" if self._state != "stopped" else "stopped"
            self._change.notify_all()

    def _tell(self, doing: str) -> None:
        with self._change:
            self._doing = doing
            self._updates += 1
            self._change.notify_all()

    def _watched(self, trials: Sequence[Trial], what: str) -> Iterable[Trial]:
        def going() -> Iterator[Trial]:
            for number, trial in enumerate(trials, start=1):
                with self._change:
                    if self._state == "stopped":
                        raise _Stopped
                self._tell(f"{what}: trial {number} of {len(trials)}")
                yield trial

        return going()

    # ------------------------------------------------------------------ what is asked for

    def _showing(self) -> Show:
        if self._show is None:
            raise StateError(f"the run has not begun: {self._error or self._doing}")
        return self._show

    def _alone(self, what: Callable[[Show], None]) -> None:
        show = self._showing()
        with self._change:
            what(show)

    def _stand(self, still: bool) -> None:
        with self._change:
            self._paused = still
            show = self._show
            if show is None:
                return
            if not still and show.ended:
                show.go_beyond()
            if self._state == "failed" and not still:
                self._error = ""
            if not show.ended and not (still and self._state == "failed") and self._state != "stopped":
                self._state = "paused" if still else "running"
            self._pace.begin(float(show.simulated))

    def _anew(self, written: bool) -> None:
        show = self._showing()
        with self._change:
            show.restart(written)
            self._error = ""
            if self._state != "stopped":
                self._state = "running"
            self._pace.begin(0.0)

    def _elsewhere(self, number: int) -> None:
        show = self._showing()
        with self._change:
            show.go_to(number)
            if self._state == "ended":
                self._state = "running"
            self._pace.begin(float(show.simulated))

    def _set_speed(self, speed: Any) -> None:
        checked = checked_speed(speed)
        with self._change:
            self._pace.speed = checked
            self._pace.begin(0.0 if self._show is None else float(self._show.simulated))

    def _changed(self, layer: str, parameter: str, text: str) -> Change:
        show = self._showing()
        made = show.change(layer, parameter, text)
        with self._change:
            self._pace.begin(float(show.simulated))  # what it took is no delay
        return made


def checked_speed(speed: Any) -> float | None:
    """Simulated seconds in a second, None for ``"max"``. Raises ParameterError."""
    if speed == "max":
        return None
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not 1e-6 <= speed <= 1e9:
        raise ParameterError(
            f"speed is the number of simulated seconds in a second, or 'max', got {speed!r}", parameter="speed"
        )
    return float(speed)
