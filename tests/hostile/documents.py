"""Documents that are not to be trusted."""

import json
import os
from pathlib import Path

from .cases import Case, both, no_file, put, sparse

GOOD = """\
inputs: {x: {size: 2}}
layers:
  a: {type: LIF, weights: [[1, 0], [0, 1]], dt: 1 ms, tau_mem: 20 ms}
edges: [x -> a]
"""
SIZED = "layers:\n  a: {{type: {}, size: {}, {}}}\n"
LINES = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
ALIASES = "\n".join(["a0: &a0 [x]", *LINES, GOOD])
MERGES = "\n".join(
    ["m0: &m0 {k: 1}", *(f"m{i}: &m{i} {{<<: [{', '.join([f'*m{i - 1}'] * 9)}]}}" for i in range(1, 12)), GOOD]
)


def layer(text: str) -> str:
    """A document whose only layer has one more parameter, or is written so."""
    return GOOD.replace("tau_mem: 20 ms", text)


def typed(text: str) -> str:
    return GOOD.replace("type: LIF", f"type: {text}")


def doc(name: str, content: str | bytes, says: str, file: str = "net.yaml", *more: object) -> Case:
    """One document, and what stands beside it."""
    return Case(f"document: {name}", "document", file, both(put(file, content), *more), says)  # type: ignore[arg-type]


def using(name: str, use: str, says: str, *more: object) -> Case:
    return doc(name, f"layers: {{a: {{use: {json.dumps(use)}}}}}\n", says, "net.yaml", *more)


def link(name: str, to: str):
    return lambda folder: (folder / name).symlink_to(to)


def unreadable(folder: Path) -> None:
    (folder / "net.yaml").write_text(GOOD)
    (folder / "net.yaml").chmod(0)


LARGE = 15 * 2**20
"""Bytes: nearly as many as a document may have."""


def large(name: str, says: str, begin: str, repeated: str, end: str = "", file: str = "net.yaml") -> Case:
    """A document of nearly as many bytes as one may have, made where it is written."""
    many = (LARGE - len(begin) - len(end)) // len(repeated.encode())
    return Case(
        f"document: large, {name}",
        "document",
        file,
        lambda folder: (folder / file).write_text(begin + repeated * many + end, encoding="utf-8"),
        says,
    )


DEEP = "[" * 100_000
THIRTY = "layers:\n" + "".join(f"  l{i}: {{type: LIF, weights: [[1]], tau_mem: -{i + 1}}}\n" for i in range(30))

CASES = [
    *no_file("document", "net.yaml"),
    Case(
        "document: larger than it may be", "document", "net.yaml", sparse("net.yaml", 200 * 2**20, b"a: 1\n"), "at most"
    ),
    doc("aliases of aliases", ALIASES, "net.yaml:"),
    doc("merges of merges", MERGES, "net.yaml:"),
    doc("an anchor to itself", "layers: &a {x: *a}\n", "net.yaml:1"),
    doc("an alias to nothing", "layers: *nowhere\n", "net.yaml:1"),
    doc("lists inside lists", f"layers: {DEEP}\n", "net.yaml:1"),
    doc("mappings inside mappings", "layers: " + "{a: " * 50_000 + "\n", "net.yaml:1"),
    doc("blocks inside blocks", "\n".join(" " * i + "a:" for i in range(3000)), "net.yaml:"),
    doc("lists inside lists in JSON", f'{{"layers": {DEEP}', "net.json:1", "net.json"),
    doc("a huge text", layer(f"tau_mem: {'x' * 2**23}"), "net.yaml:3"),
    doc("a huge key", layer(f"{'x' * 1000}: 1"), "net.yaml:3"),
    doc("a huge whole number", layer(f"tau_mem: {'9' * 10**6}"), "net.yaml:3"),
    doc("a huge whole number in JSON", f'{{"seed": {"9" * 10**6}}}', "net.json:1", "net.json"),
    doc("a huge size", GOOD.replace("size: 2", f"size: {'9' * 300}"), "net.yaml:"),
    doc("an input of many channels", GOOD.replace("size: 2", f"size: {10**9}"), "units=NUMBER"),
    doc("a layer of many units", SIZED.format("LowPass", 10**9, "tau: 1"), "layers.a.size"),
    doc("an order without end", SIZED.format("Butterworth", 2, f"order: {10**9}, cutoff: 10"), "layers.a.order"),
    doc("a delay without end", SIZED.format("Delay", 1000, "delay: 1000000 s"), "net.yaml:2"),
    doc("a delay of gigabytes", SIZED.format("Delay", 1000, "delay: 600 s"), "layers.a"),
    doc("an edge without end", GOOD.replace("[x -> a]", "['x -> a @ 1000000000 s']"), "net.yaml:4:9: edges.0"),
    doc(
        "an edge of all time",
        GOOD.replace("[x -> a]", "['x -> a @ 99999999999999999999999999 s']"),
        "net.yaml:4:9: edges.0",
    ),
    doc(
        "many layers of many units",
        "layers:\n" + "".join(f"  a{i}: {{type: LowPass, size: 500000, tau: 1}}\n" for i in range(10)),
        "layers.a4.size",
    ),
    doc("a huge exponent", layer("tau_mem: 1e999"), "net.yaml:3"),
    doc("a huge exponent in JSON", '{"dt": 1e999}', "net.json:1", "net.json"),
    doc("a key twice", GOOD + "edges: []\n", "net.yaml:5"),
    doc("a key twice in JSON", '{"layers": {}, "layers": {}}', "net.json:1", "net.json"),
    large("a list", "at most 4,000,000 values", "a: [", "0,", "0]\n"),
    large("a list in JSON", "at most 4,000,000 values", '{"a": [', "0,", "0]}", "net.json"),
    large("lists inside lists", "at most 4,000,000 values", "a: ", "["),
    large("blocks inside blocks", "at most 4,000,000 values", "", "- "),
    large("keys", "at most 4,000,000 values", "", "a:\n"),
    large("a text", "net.yaml:1", "nme: ", "x", "\n"),
    large("a quote that is not closed", "net.yaml:1", 'nme: "', "x "),
    large("a quote in JSON", "net.json:1", '{"nme": "', "x", '"}', "net.json"),
    large("characters of four bytes", "net.yaml:1", "nme: ", "\U0001f600", "\n"),
    large("digits", "net.yaml:1", "seed: ", "9", "\n"),
    large("digits of a float", "net.yaml:1", "seed: 0.", "9", "\n"),
    large("digits in JSON", "net.json:1", '{"seed": ', "9", "}", "net.json"),
    large("a comment", "net.yaml", "nme: x #", "x", "\n"),
    large("spaces", "net.yaml", "nme:", " ", "x\n"),
    large("a text of references", "net.yaml:2", "params: {a: xxxxxxxx}\nname: ", "${a}", "\n"),
    doc("a tag of Python", layer("tau_mem: !!python/object/apply:os.system ['touch pwned']"), "python/object"),
    doc("a tag of a module", "x: !!python/module:antigravity 1\n", "python/module"),
    doc("a tag of its own", "layers: !mine {}\n", "mine"),
    doc("NUL in a name", GOOD.replace("a:", '"a\\0b":').replace("-> a", "-> b"), "net.yaml:"),
    doc("escapes of a terminal in a name", GOOD.replace("a:", '"\\x1b[2Ja":').replace("-> a", "-> b"), "net.yaml:"),
    doc("escapes of a terminal in a type", typed('"\\x1b[2J"'), "net.yaml:3"),
    doc("bare control characters", b"layers: {\x07a: 1}\n", "net.yaml:"),
    doc("half characters in JSON", '{"layers": {"\\ud800": 1}}', "net.json:1", "net.json"),
    doc("no UTF-8", b"layers: {\xff: 1}\n", "not UTF-8"),
    doc("UTF-16", GOOD.encode("utf-16"), "not UTF-8"),
    doc("UTF-32", GOOD.encode("utf-32"), "not UTF-8"),
    doc("nothing but its beginning mark", "\ufeff", "empty"),
    doc("a list at the top", "[1, 2]\n", "net.yaml:1"),
    doc("two documents", GOOD + "---\n" + GOOD, "net.yaml:5"),
    doc("another suffix", GOOD, "suffix", "net.pkl"),
    doc("the name of an attribute as type", typed("__class__"), "__class__"),
    doc("a dotted type", typed("os.system"), "os.system"),
    doc("the path of a module as type", typed("hostile_module:Layer"), "hostile_module"),
    doc("the base of layers as type", typed("ArrayLayer"), "ArrayLayer"),
    doc("a list as type", typed("[LIF]"), "net.yaml:3"),
    doc("nothing as type", typed("null"), "net.yaml:3"),
    doc("attributes as parameters", layer("__class__: 1, _values: {}, __init__: 2"), "__class__"),
    doc("attributes as layers", GOOD.replace("x -> a", "__class__.__init__ -> a"), "__class__"),
    doc("a list as key", "layers: {? [a, b] : 1}\n", "net.yaml:1"),
    doc("a mapping as key", "? {a: b}\n: 1\n", "net.yaml:1"),
    doc("nothing as key", "layers: {null: 1}\n", "net.yaml:1"),
    doc("no number as key", "layers: {.nan: 1}\n", "net.yaml:1"),
    doc("true as key", "layers: {true: {type: LIF}}\n", "net.yaml:1"),
    *(
        doc(f"a step of {one}", f"dt: {one}\n{GOOD}", "net.yaml:1")
        for one in ("-1", "0", ".nan", ".inf", "-.inf", "1e-400")
    ),
    *(
        doc(f"a tau of {one}", layer(f"tau_mem: {one}"), "net.yaml:3")
        for one in ("-1", "0", ".nan", ".inf", "[]", "{}")
    ),
    *(
        doc(f"{one} channels", GOOD.replace("size: 2", f"size: {one}"), "net.yaml:1")
        for one in ("-2", "0", ".nan", "1.5", "[]")
    ),
    *(
        doc(f"a delay of {one}", GOOD.replace("x -> a", f"x -> a @ {one}"), "net.yaml:4")
        for one in ("-1 ms", "nan s", "inf s", "1e999 s", "1e300 s", "1e-3000000 s", f"{'9' * 5000} s", "5 parsecs")
    ),
    *(
        doc(f"a run of {one}", f"{GOOD}run: {{duration: {one}}}\n", "net.yaml:5")
        for one in ("-1", "0", ".nan", ".inf", "abc", "[1]")
    ),
    doc("channels far outside", GOOD.replace("x -> a", "x[0:999999999999] -> a"), "net.yaml:4"),
    doc("steps that share no clock", f"dt: 1\n{GOOD.replace('1 ms', '0.123456789012345')}", "net.yaml:"),
    doc("edges of any kind", GOOD.replace("[x -> a]", "[1, null, [], {}, {from: 1}, '', '->']"), "net.yaml:4"),
    doc("an edge of many ends", GOOD.replace("x -> a", " -> ".join(["a"] * 10**4)), "net.yaml:4"),
    doc("references in a circle", f"params: {{p: '${{q}}', q: '${{p}}'}}\n{GOOD}", "net.yaml:1"),
    doc(
        "references that double",
        "params:\n  p0: [x, x]\n"
        + "".join(f"  p{i}: ['${{p{i - 1}}}', '${{p{i - 1}}}']\n" for i in range(1, 40))
        + layer("tau_mem: '${p39}'"),
        "net.yaml:",
    ),
    doc("references to attributes", f"params: {{p: '${{__class__.__mro__}}'}}\n{GOOD}", "net.yaml:1"),
    doc("references that evaluate", layer("tau_mem: ${__import__('os').system('touch pwned')}"), "net.yaml:3"),
    doc("a version of the future", f"version: 999\n{GOOD}", "net.yaml:1"),
    doc("a version of no kind", f"version: [1]\n{GOOD}", "net.yaml:1"),
    doc("an array of a device", layer("bias: {file: /dev/zero}"), "net.yaml:3"),
    doc(
        "an array of a pipe", layer("bias: {file: w.npy}"), "net.yaml:3", "net.yaml", lambda at: os.mkfifo(at / "w.npy")
    ),
    doc("an array that is pickled", layer("bias: {file: w.npy}"), "net.yaml:3", "net.yaml", put("w.npy", b"\x80\x04.")),
    doc("an array without end", layer("weights: {init: normal, shape: [999999999, 999999999]}"), "net.yaml:3"),
    doc("data from a module", f"{GOOD}data: {{source: os.system, args: [touch pwned]}}\n", "net.yaml:5"),
    doc("sections of other kinds", "layers: 1\nedges: {}\ninputs: [[]]\noutputs: 3\nrun: []\n", "net.yaml:1"),
    doc("thirty problems", THIRTY, "layers.l29"),
    using("a used document outside", "../x.yaml", "outside"),
    using("a used document by an absolute path", "/etc/passwd", "outside"),
    using("a used document over a link", "l.yaml", "outside", link("l.yaml", "/etc/passwd")),
    using("a used document over a linked folder", "d/x.yaml", "outside", link("d", "/etc")),
    using("a used document that is itself", "net.yaml", "circle"),
    using("a used document that uses this one", "b.yaml", "circle", put("b.yaml", "layers: {a: {use: net.yaml}}\n")),
    using("a used document that is a pipe", "net.yaml.p.yaml", "regular", lambda at: os.mkfifo(at / "net.yaml.p.yaml")),
    using("a used document with NUL in its name", "a\0.yaml", "net.yaml:1"),
    doc("a used document of no name", "layers: {a: {use: [x.yaml]}}\n", "net.yaml:1"),
    doc(
        "used documents that double",
        json.dumps({"layers": {f"a{i}": {"use": "b0.yaml"} for i in range(40)}}),
        "more than",
        "net.yaml",
        *(
            put(f"b{n}.yaml", json.dumps({"layers": {f"a{i}": {"use": f"b{n + 1}.yaml"} for i in range(40)}}))
            for n in range(8)
        ),
        put("b8.yaml", GOOD),
    ),
]
if os.geteuid() != 0:  # nothing is unreadable to root
    CASES.append(Case("document: unreadable", "document", "net.yaml", unreadable, "ermission"))
