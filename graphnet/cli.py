"""The command ``graphnet``. Exit status: 0 done, 2 the input is wrong, 1 the run failed, 130 interrupted."""

from __future__ import annotations

import inspect
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .errors import DocumentError, GraphnetError, RunError

if TYPE_CHECKING:
    from .files import Source
    from .layer.parameters import Parameter
    from .network import Network

DONE, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130
T = TypeVar("T")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its status."""
    sys.exit(status(sys.argv[1:] if arguments is None else arguments))


def status(arguments: Sequence[str]) -> int:
    """Run the command and give its exit status. Errors of the user's making are told without a traceback."""
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    logging.getLogger("graphnet").setLevel(logging.INFO)
    try:
        commands.main(args=list(arguments), prog_name="graphnet", standalone_mode=False)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return WRONG
    except RunError as error:
        click.echo(f"RunError: {error}", err=True)
        return FAILED
    except GraphnetError as error:
        kind = "" if isinstance(error, DocumentError) else f"{type(error).__name__}: "
        click.echo(f"{kind}{error}", err=True)
        return FAILED if isinstance(error.__cause__, OSError) and error.__cause__.errno == _FULL else WRONG
    except MemoryError:
        click.echo("out of memory", err=True)
        return FAILED
    except BrokenPipeError:  # whoever read the output has gone; nothing more may be written, also not at the exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return DONE


_FULL = 28  # ENOSPC: the disk is full, no fault of the input


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="graphnet-dataflow", prog_name="graphnet")
def commands() -> None:
    """Compose layers into dataflow networks for timeseries."""


document: Callable[[Any], Any] = click.argument("file", type=click.Path(path_type=Path))
settings: Callable[[Any], Any] = click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Replace a value, e.g. layers.res.tau=0.05."
)


@commands.command(short_help="Check a network: silent when it is sound.")
@document
@settings
def check(file: Path, settings: tuple[str, ...]) -> None:
    """Check a network: silent when it is sound, else every error with file and line."""
    _load(file, settings)


@commands.command(short_help="Run what a document asks, write results and pictures.")
@document
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder of the results [default: out/NAME].")
@settings
def run(file: Path, output: Path | None, settings: tuple[str, ...]) -> None:
    """Fit, evaluate or run a network as its document says, and write results and pictures."""
    from .experiment import made_folder, perform, write

    net = _load(file, settings)
    folder = made_folder(output or Path("out") / net.name)  # before the run: it may be long
    outcome = perform(net, watch=_bars, progress=True)
    write(net, outcome, folder)
    click.echo(outcome.table + f"written to {folder}/: {', '.join(sorted(one.name for one in folder.iterdir()))}")


@commands.command()
@document
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="A file .svg, .png, .dot or .mmd.")
@settings
def draw(file: Path, output: Path, settings: tuple[str, ...]) -> None:
    """Draw a network."""
    from .views.network import draw_files

    draw_files(_load(file, settings), [output])


@commands.command()
@document
@click.option("--block", type=click.IntRange(min=1), help="Network steps in a block [default: what a run takes].")
@settings
def explain(file: Path, block: int | None, settings: tuple[str, ...]) -> None:
    """Print how a network will run: order, blocks, loops, rates, memory, cost."""
    click.echo(str(_load(file, settings).explain(block)))


@commands.command()
@click.argument("name", required=False)
def layers(name: str | None) -> None:
    """List the classes of layers, or show the parameters of one."""
    from . import registry
    from .layer import ArrayLayer

    registry.layers.load()
    if name is not None:
        click.echo(_described(registry.layers.get(name)), nl=False)
        return
    found = [(one, cls) for one, cls in registry.layers if not inspect.isabstract(cls) and issubclass(cls, ArrayLayer)]
    wide = max(len(one) for one, _ in found)
    for one, cls in found:
        click.echo(f"{one:<{wide}}  {_summary(cls)}")


@commands.command("import", short_help="Make a document of a graph of NIR.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="A file .yaml, .yml or .json.")
@click.option("--dt", type=float, required=True, help="The step of every layer, in seconds.")
@click.option("--events", multiple=True, metavar="INPUT", help="An input that carries events; may be repeated.")
def import_(file: Path, output: Path, dt: float, events: tuple[str, ...]) -> None:
    """Make a document of a graph of NIR (extra: nir). Loops get a delay of one step, which is told."""
    from .nir import from_nir

    from_nir(file, dt=dt, events=events).save(output)


@commands.command()
@document
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="A file .nir.")
@settings
def export(file: Path, output: Path, settings: tuple[str, ...]) -> None:
    """Write a network as a graph of NIR (extra: nir)."""
    from .nir import to_nir, write

    write(to_nir(_load(file, settings)), output)


# ---------------------------------------------------------------------- reading


def _load(file: Path, settings: Sequence[str]) -> Network:
    """The network of a document, sound and ready to run. Raises DocumentError with file and line of every problem."""
    from .document import build_source
    from .files import apply_settings, read
    from .run import check_ready

    source = apply_settings(read(file), settings)
    net = build_source(source)
    problems = [source.problem(f"{type(one).__name__}: {one}", _place(source, one)) for one in check_ready(net)]
    if problems:
        raise DocumentError(problems)
    return net


def _place(source: Source, error: GraphnetError) -> tuple[str | int, ...]:
    """Where in the document the layer stands that an error of the whole network begins with."""
    name = error.message.partition(":")[0]
    return ("layers", name) if name in source.data.get("layers", {}) else ()


def _bars(trials: Sequence[T], what: str) -> Iterable[T]:
    from tqdm import tqdm

    def going() -> Iterator[T]:
        yield from tqdm(trials, desc=f"{what:<8}", unit="trial", dynamic_ncols=True, file=sys.stderr)

    return going()


# ---------------------------------------------------------------------- describing


def _summary(cls: type[Any]) -> str:
    return _docs(cls).partition("\n")[0]


def _docs(cls: type[Any]) -> str:
    """The docstring as a terminal shows it: without the marks around names."""
    return (inspect.getdoc(cls) or "").replace("``", "")


def _described(cls: type[Any]) -> str:
    """Docstring and parameters of a class of layers."""
    from .layer import ArrayLayer
    from .layer.meanings import stated

    lines = [f"{cls.__name__}  ({cls.__module__})", "", _docs(cls), ""]
    if issubclass(cls, ArrayLayer):
        rows = [("parameter", "type", "unit", "bounds", "default")]
        rows += [_row(one) for one in cls.parameters().values()]
        wide = [max(len(row[i]) for row in rows) for i in range(5)]
        lines += ["  ".join(text.ljust(width) for text, width in zip(row, wide, strict=True)).rstrip() for row in rows]
        lines += ["", *(f"{name}: {text.replace('``', '')}" for name, text in stated(cls).items())]
    return "\n".join(lines) + "\n"


def _row(one: Parameter) -> tuple[str, str, str, str, str]:
    from .layer.parameters import MISSING

    default = "required" if one.default is MISSING else one.written(one.default)
    words = {None: "none", True: "true", False: "false"}  # as a document writes them
    shown = words[default] if default is None or isinstance(default, bool) else str(default)
    return one.name, one.shape, one.unit or "-", one.range or "-", shown
