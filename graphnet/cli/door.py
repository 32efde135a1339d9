"""The group of commands, and what each way to end means to whoever called."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from ..errors import DocumentError, GraphnetError, RunError

DONE, FAILED, WRONG, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143
_FULL = 28  # ENOSPC: the disk is full, no fault of the input


class Terminated(BaseException):
    """The system asked the process to end (SIGTERM): everything is put in order as after an interrupt."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="graphnet-dataflow", prog_name="graphnet")
def commands() -> None:
    """Compose layers into dataflow networks for timeseries."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its status."""
    sys.exit(status(sys.argv[1:] if arguments is None else arguments))


def status(arguments: Sequence[str]) -> int:
    """Run the command and give its exit status. Errors of the user's making are told without a traceback."""
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    logging.getLogger("graphnet").setLevel(logging.INFO)
    logging.getLogger("distributed").propagate = False  # every step of a cluster that comes and goes
    try:
        with _terminable():
            done = commands.main(args=list(arguments), prog_name="graphnet", standalone_mode=False)
    except (KeyboardInterrupt, click.Abort):
        return _told("interrupted", INTERRUPTED)
    except Terminated:
        return _told("terminated", TERMINATED)
    except click.ClickException as error:
        error.show()
        return WRONG
    except GraphnetError as error:
        return _told(said(error), code(error))
    except MemoryError:
        return _told("out of memory", FAILED)
    except BrokenPipeError:  # whoever read the output has gone; nothing more may be written, also not at the exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return done if isinstance(done, int) else DONE


def said(error: GraphnetError) -> str:
    """An error as the command tells it: its kind first, but a document's problems begin with their places."""
    return str(error) if isinstance(error, DocumentError) else f"{type(error).__name__}: {error}"


def code(error: GraphnetError) -> int:
    """The status that an error means: a run that failed, a full disk, or else input that is wrong."""
    full = isinstance(error.__cause__, OSError) and error.__cause__.errno == _FULL
    return FAILED if full or isinstance(error, RunError) else WRONG


def _told(text: str, status: int) -> int:
    click.echo(text, err=True)
    return status


@contextmanager
def _terminable() -> Iterator[None]:
    """While it is open, SIGTERM raises Terminated in the main thread, so that whatever is open is closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: Any) -> NoReturn:
        raise Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
