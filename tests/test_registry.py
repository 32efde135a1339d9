"""The registry: definition registers, packages announce, names clash in words."""

import subprocess
import sys
import textwrap

import pytest

from graphnet import registry
from graphnet.errors import NameTaken, UnknownName
from graphnet.registry import Registry


def made(name, module):
    return type(name, (), {"__module__": module})


@pytest.fixture
def shelf():
    found = Registry("thing", "graphnet.nothing_announces_here")
    for name, module in [("Cup", "kitchen"), ("Plate", "kitchen"), ("Plate", "museum")]:
        found.add(made(name, module))
    return found


def test_a_name_used_once_is_enough(shelf):
    assert shelf.get("Cup").__module__ == "kitchen"
    assert shelf.get("kitchen:Cup") is shelf.get("Cup")


def test_a_name_used_twice_must_be_written_in_full(shelf):
    with pytest.raises(NameTaken) as caught:
        shelf.get("Plate")
    assert "write one of: kitchen:Plate, museum:Plate" in str(caught.value)
    assert shelf.get("museum:Plate").__module__ == "museum"


def test_name_of_is_the_shortest_that_finds_it(shelf):
    for _, thing in shelf:
        assert shelf.get(shelf.name_of(thing)) is thing
    assert shelf.name_of(shelf.get("Cup")) == "Cup"
    assert shelf.name_of(shelf.get("museum:Plate")) == "museum:Plate"


def test_a_thing_registered_under_another_name_is_found_under_it(shelf):
    odd = shelf.add(made("internal", "kitchen"), "Fork")
    assert shelf.get("Fork") is odd
    assert shelf.name_of(odd) == "Fork"


def test_a_second_definition_at_the_same_place_replaces_the_first(shelf):
    old = shelf.get("Cup")
    new = shelf.add(made("Cup", "kitchen"))
    assert shelf.get("Cup") is new
    assert shelf.name_of(old) == "Cup"


@pytest.mark.parametrize(
    ("name", "near"), [("Cupp", "Cup"), ("kitchen:Cupp", "kitchen:Cup"), ("kitschen:Cup", "kitchen:Cup")]
)
def test_an_unknown_name_offers_the_nearest(shelf, name, near):
    with pytest.raises(UnknownName) as caught:
        shelf.get(name)
    assert caught.value.near == near


def test_things_are_listed_by_name(shelf):
    assert [name for name, _ in shelf] == ["Cup", "Plate", "Plate"]


def test_the_layers_of_this_project_announce_themselves():
    assert registry.layers.get("Linear").__module__ == "layers.linear"


PACKAGE = """
from graphnet import ArrayLayer, Size, positional

class {name}(ArrayLayer):
    size: Size = positional()

    def initial(self): return {{}}
    def advance(self, state, block, span): return state, block
"""


def announce(folder, package, names, content=None):
    """A distribution as an installer leaves it: a module, and what it announces."""
    (folder / f"{package}.py").write_text(content or "".join(PACKAGE.format(name=one) for one in names))
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[graphnet.layers]\n{package} = {package}\n")


def run(folder, code):
    code = f"import sys; sys.path.insert(0, {str(folder)!r})\n" + textwrap.dedent(code)
    said = subprocess.run([sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    return said


def test_a_package_is_found_by_what_it_announces_and_not_before_it_is_asked_for(tmp_path):
    announce(tmp_path, "sea", ["Wave", "Linear"])
    said = run(
        tmp_path,
        """
        from graphnet import Layer, registry
        assert "sea" not in sys.modules and "layers" not in sys.modules
        layer = Layer.load_from_dict({"class_name": "Wave", "size": 3})
        assert type(layer).__module__ == "sea"
        try:
            registry.layers.get("Linear")
        except Exception as error:
            sys.stdout.write(str(error))
        """,
    )
    assert "layers.linear:Linear, sea:Linear" in said.stdout


def test_a_package_that_cannot_be_imported_does_not_break_the_others(tmp_path):
    announce(tmp_path, "wreck", [], content="raise RuntimeError('sunk')")
    announce(tmp_path, "sea", ["Wave"])
    said = run(
        tmp_path,
        """
        from graphnet import registry
        registry.layers.get("Wave")
        registry.layers.get("LIF")
        """,
    )
    assert "graphnet.layers: wreck = wreck cannot be imported: RuntimeError('sunk')" in said.stderr
