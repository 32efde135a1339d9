"""The equations that a layer's docstring states, as a tree that a page can show as mathematics without a typesetter."""

from __future__ import annotations

import re
from typing import Any

Node = list[Any]
"""``[kind, text or children...]``: ``i`` identifier, ``n`` number, ``o`` operator, ``t`` words; ``sub``, ``sup``
and ``frac`` of two nodes, ``row`` of any number."""

GREEK = {
    name: chr(0x3B1 + k)
    for k, name in enumerate(
        ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu",
         "xi", "omicron", "pi", "rho")
    )
} | {"sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω"}  # fmt: skip
SIGNS = {"<-": "←", ">=": "≥", "<=": "≤", "->": "→", "*": "·", "-": "−", "'": "′"}

_TOKEN = re.compile(
    r"\s*(?:\^(?P<power>-?[\w.]+)|(?P<rate>d(?P<top>[A-Za-z]\w*)/d(?P<below>[A-Za-z]\w*))|(?P<number>\d+(?:\.\d+)?(?:e-?\d+)?)"
    r"|(?P<name>[A-Za-zα-ω]\w*(?:\{[^{}]*\})?)|(?P<sign><-|->|>=|<=|\.\.\.|\S))"
)


def equations(doc: str) -> list[str]:
    """The equations of a docstring, as they are written there: clauses with ``=`` or ``<-`` of its first paragraph.

    >>> equations("Exponential synapse: tau dy/dt = -y, and an event on channel i adds row i of the weights to y.")
    ['tau dy/dt = -y']
    >>> equations("Leaky rate units: tau dx/dt = -x + gain (W' u) + bias, y = activation(x).\\n\\nMore: a = b.")
    ["tau dx/dt = -x + gain (W' u) + bias", 'y = activation(x)']
    """
    lines = " ".join(doc.split("\n\n", maxsplit=1)[0].split())
    marked = re.findall(r"\$([^$]+)\$|:math:`([^`]+)`", lines)
    if marked:
        return [one or other for one, other in marked]
    found = [_clause(one) for part in lines.split(": ") for one in _clauses(part)]
    return [one for one in found if one]


def _clauses(text: str) -> list[str]:
    """Pieces between commas, semicolons and full stops that stand in no bracket."""
    pieces, depth, start = [], 0, 0
    for i, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        ends = letter in ";" or (letter in ",." and text[i + 1 : i + 2] in (" ", ""))
        if depth <= 0 and ends:
            pieces.append(text[start:i])
            start = i + 1
    return [*pieces, text[start:]]


def _clause(text: str) -> str:
    """The clause if it is an equation without the words that lead to it or follow it, else nothing."""
    text = text.strip().replace("``", "").rpartition(" gives ")[2]
    if not re.search(r"\s(?:=|<-)\s", text) or " over " in text:  # a sum in words is read better in its sentence
        return ""
    left, sign, right = re.split(r"\s(=|<-)\s", text, maxsplit=1)
    kept = _symbols(left.split()[::-1])[::-1]
    if not kept:
        return ""
    right = re.split(r"\s(?:and|with|where|for|at|as|which|in|that|so|on|until)\s(?![^(]*\))", right)[0]
    return f"{' '.join(kept)} {sign} {right}".strip()


_WORDS = frozenset(
    ("a", "an", "and", "as", "at", "by", "each", "every", "for", "from", "gives", "has", "in", "is", "it", "its", "of",
     "on", "one", "or", "that", "the", "then", "to", "when", "with")
)  # fmt: skip


def _symbols(words: list[str]) -> list[str]:
    """The words up to the first that is prose."""
    kept: list[str] = []
    for word in words:
        plain = word.strip("()[]'")
        prose = plain in _WORDS or (len(plain) > 4 and plain.isalpha() and plain not in GREEK)
        if prose and kept:
            break
        kept.append(word)
    return kept


def tree(text: str) -> Node:
    """An equation as a tree: Greek letters by their names, subscripts after ``_``, powers, derivatives as fractions.

    >>> tree("tau_mem dv/dt = v^2")
    ['row', ['sub', ['i', 'τ'], ['i', 'mem']], ['frac', ['i', 'dv'], ['i', 'dt']], ['o', '='], \
['sup', ['i', 'v'], ['n', '2']]]
    """
    nodes: list[Node] = []
    for found in _TOKEN.finditer(text):
        if found["power"] and nodes:
            nodes.append(["sup", nodes.pop(), ["n", found["power"].replace("-", SIGNS["-"])]])
            continue
        node = _node(found)
        if nodes and _wordy(node) and _wordy(nodes[-1]):
            nodes.append(["t", "\N{NO-BREAK SPACE}"])
        nodes.append(node)
    return ["row", *nodes]


def _wordy(node: Node) -> bool:
    """Whether it is a name of several letters, which runs into the next one."""
    return node[0] == "i" and len(node[1]) > 1


def _node(found: re.Match[str]) -> Node:
    if found["rate"]:
        return ["frac", _name("d" + found["top"]), _name("d" + found["below"])]
    if found["number"]:
        return ["n", found["number"]]
    if found["name"]:
        return _name(found["name"])
    return ["o", SIGNS.get(found["sign"] or "^", found["sign"] or "^")]


def _name(text: str) -> Node:
    head, _, below = text.partition("_")
    if not head:
        return ["i", text]
    node: Node = ["o", "∑"] if head == "sum" and below else ["i", GREEK.get(head, head)]
    if not below:
        return node
    if below.startswith("{"):
        return ["sub", node, tree(below[1:-1])]
    return ["sub", node, ["i", ",".join(GREEK.get(one, one) for one in below.split("_") if one)]]
