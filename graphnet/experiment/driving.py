"""What drives a run: the series in the files that a document names, read, or looked at before anything runs."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ..errors import GraphnetError, InputError, ParameterError
from ..network import Network
from ..run.inputs import by_name, check_extents, schedule
from ..sections import RunSection
from ..timeseries import TimeSeries
from ..timeseries.outlined import outlined


def read_inputs(net: Network, section: RunSection) -> dict[str, TimeSeries]:
    """The series that drive a run, by the inputs' names.

    Raises InputError for whatever keeps one from being read, and ParameterError where neither one nor a duration says
    how long the run is.
    """
    if section.duration is None and not section.inputs:
        raise ParameterError(
            f"the document of {net.name!r} does not say what to do",
            parameter="run",
            hint="add a section run with a duration, or the sections data, fit and evaluate",
        )
    return {name: _named(name, file) for name, file in section.inputs.items()}


def _named(name: str, file: str) -> TimeSeries:
    try:
        return _read(file, TimeSeries.load)
    except InputError as error:
        raise InputError(f"input {name!r}: {error.message}", hint=error.hint) from error


def _read(file: str, how: Callable[[str], TimeSeries]) -> TimeSeries:
    """The series in a file, read so. Raises InputError for whatever keeps it from being read."""
    try:
        return how(file)
    except GraphnetError as error:
        said = error.message if file in error.message else f"{file}: {error.message}"
        raise InputError(said, hint=error.hint) from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"cannot read {file}: {said}") from error


# ---------------------------------------------------------------------- before a run


def unfit(
    net: Network, section: RunSection, files: Mapping[str, Path], sound: bool
) -> Iterator[tuple[tuple[str, ...], GraphnetError]]:
    """What would keep a run's inputs from driving it, with the keys that lead to each.

    Of a large file only headers are read, so that this takes no time and no room; what else may be wrong with its
    numbers is told when it is run. ``sound``: nothing was wrong with the network, so that its step is known.
    """
    given: dict[str, TimeSeries | None] = {}
    for name, path in files.items():
        try:
            series = _read(str(path), outlined)
            if name in net.inputs:  # else that is told
                given |= {name: by_name(net, {name: series})[name]}
        except GraphnetError as error:
            yield ("run", "inputs", name), error
    if not sound or not net.layers or (section.duration is None and not given):
        return
    try:
        whole = schedule(net, given, section.duration, None, None)
    except GraphnetError as error:
        yield ("run", "inputs"), error
        return
    for name, series in given.items():
        try:
            check_extents({name: series}, whole)
        except GraphnetError as error:
            yield ("run", "inputs", name), error
