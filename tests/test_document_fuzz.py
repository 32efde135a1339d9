"""Whatever a document holds, it becomes a network or is refused by an error of ours."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphnet import DocumentError, Network
from graphnet.sections import Document
from tests.files.strategies import documents

WORDS = [
    "a", "b", "x", "a.b", "a -> b", "a[0:2] -> b @ 5 ms -> x", "sum", "${a}", "${p.q}", "20 ms", "LowPass", "Rate",
    "normal",
]  # fmt: skip
KEYS = [
    "a", "b", "x", "type", "use", "set", "size", "tau", "weights", "init", "shape", "seed", "from", "to", "delay",
    "merge", "csr", "file", "key", "data", "source", "layer", "signal", "duration", "over", "linspace", "p", "q",
]  # fmt: skip
leaves = st.none() | st.booleans() | st.integers(-2, 5) | st.floats(-1, 2) | st.sampled_from(WORDS)
nodes = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
)
entry = st.fixed_dictionaries(
    {"type": st.sampled_from(["LowPass", "Rate", "Concat", "CubaLIF", "Ridge", "RLS", "Conv2d", "Scale"])},
    optional={
        key: nodes for key in ("size", "tau", "weights", "weights_rec", "tau_syn", "tau_mem", "size_out", "bias")
    },
)
sections = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(Document.model_fields, nodes),
        "inputs": nodes | st.just({"x": {"size": 2}}),
        "layers": nodes | st.dictionaries(st.sampled_from(KEYS), entry | nodes, max_size=3),
        "edges": nodes
        | st.lists(st.sampled_from(["x -> a", "a -> b", "b -> a @ 5 ms", "x -> a -> b", "x -> a.b"]) | nodes),
    },
)


def fate(data):
    try:
        net = Network.from_document(data)
    except DocumentError as error:
        assert error.problems
        return
    assert Network.from_document(net.to_document()).to_document() == net.to_document()


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(sections)
def test_a_document_of_known_words_in_any_place_is_built_or_refused(data):
    fate(data)


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(documents())
def test_any_plain_data_is_built_or_refused(data):
    fate(data)
