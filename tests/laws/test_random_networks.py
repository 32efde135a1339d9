"""Laws that hold on any sound network, and refusals that change nothing."""

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import graphnet.plan
import graphnet.run.again
from graphnet import (
    CycleError,
    EdgeError,
    GraphnetError,
    NameTaken,
    Network,
    RunError,
    TimeError,
    TSContinuous,
    TSEvent,
    UnknownName,
)
from graphnet.testing import same_bits
from layers import Linear, Noise, PassThrough, PoissonEncoder
from tests.laws.networks import ROUND, SECONDS, STEPS, array_recipes, content, flat, inputs, left, nested, recipes
from tests.laws.walls import Smooth

few = settings(derandomize=True, max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


def ran(net, **options):
    return content(net, net.evolve(inputs(net), duration=SECONDS, record=list(net.layers), **options))


@few
@given(recipes)
def test_the_order_is_topological_and_the_same_every_time(recipe):
    net = flat(recipe)
    place = {name: i for i, name in enumerate(net.evol_order)}
    assert sorted(place) == sorted(net.layers)
    for edge in net.edges:
        reader = edge.post if edge.post in place else edge.post.rpartition(".")[0]
        assert edge.delay or edge.pre not in place or place[edge.pre] < place[reader]
    assert flat(recipe).evol_order == net.evol_order
    assert net.copy().evol_order == net.evol_order


@few
@given(recipes, st.sampled_from([1, 2, 5, 11]))
def test_any_block_gives_the_same_bits(recipe, block):
    assert same_bits(ran(flat(recipe), block=block), ran(flat(recipe)))


@few
@given(recipes)
def test_a_nested_part_gives_the_bits_of_the_flat_network(recipe):
    assert same_bits(ran(nested(recipe)), ran(flat(recipe)))


@few
@given(recipes)
def test_threads_give_the_bits_of_one_thread(recipe):
    assert same_bits(ran(flat(recipe), backend="threads", workers=2, block=4), ran(flat(recipe)))


@few
@given(array_recipes, st.integers(1, 19))
def test_a_resumed_run_gives_the_bits_of_the_whole(recipe, cut):
    whole, first, second = flat(recipe), flat(recipe), flat(recipe)
    reference = ran(whole)
    first.evolve(inputs(first), duration=cut * ROUND)
    second.restore(first.checkpoint())
    result = second.evolve(inputs(second), duration=SECONDS - cut * ROUND, record=list(second.layers))
    assert same_bits(left(second), left(whole))
    assert second == whole
    for name in second.layers:
        rest, all_of_it = result[name], reference["signals"][name]
        if isinstance(rest, TSEvent):
            late = all_of_it[0] >= cut * ROUND - 1e-9
            assert same_bits((np.asarray(rest.times), np.asarray(rest.channels)), tuple(one[late] for one in all_of_it))
        else:
            assert same_bits(np.asarray(rest.samples), all_of_it[0][-len(rest.samples) :])


@few
@given(array_recipes)
def test_a_document_gives_the_same_network(recipe):
    net = nested(recipe)
    again = Network.from_document(net.to_document())
    assert again == net
    assert same_bits(ran(again), ran(net))


@few
@given(recipes)
def test_a_copy_goes_on_as_its_original_and_apart_from_it(recipe):
    net = nested(recipe)
    net.evolve(inputs(net), duration=ROUND * 4)
    before = left(net)
    twin = net.copy()
    assert twin == net
    after = [left(one.evolve(inputs(one), duration=ROUND * 5) and one) for one in (twin,)]
    assert same_bits(left(net), before)
    net.evolve(inputs(net), duration=ROUND * 5)
    assert same_bits(left(net), after[0])


@few
@given(recipes, st.data())
def test_a_part_by_itself_does_what_it_does_in_the_whole(recipe, data):
    net = nested(recipe)
    wanted = data.draw(st.sampled_from(list(net.layers)))
    part = net.subgraph([wanted])
    assert same_bits(ran(part)["signals"][wanted], ran(net)["signals"][wanted])


@few
@given(recipes, st.data())
def test_renaming_and_replacing_by_the_like_change_only_noise(recipe, data):
    recipe = dataclasses.replace(recipe, features=recipe.features - {"noise"})
    net, other = nested(recipe), nested(recipe)
    name = data.draw(st.sampled_from(list(net.layers)))
    other.replace(name, type(other[name]).load_from_dict(other[name].to_dict()))
    assert other == net
    other.rename(name, "another")
    assert [one.replace("another", name) for one in other.layers] == list(net.layers)
    if any(isinstance(one, Noise | PoissonEncoder) for one in net.layers.values()):
        return
    signals = ran(other)["signals"]
    assert same_bits(signals["another"], ran(net)["signals"][name])


@settings(few, max_examples=4)
@given(recipes)
def test_an_exception_in_any_task_leaves_no_trace(recipe):
    net = nested(recipe)
    net.evolve(inputs(net), duration=ROUND * 2)
    before = left(net)
    for stage, kind, number in _tasks(net):
        with pytest.MonkeyPatch.context() as patch:
            _break(patch, stage, kind, number)
            with pytest.raises(RunError, match="broken on purpose"):
                net.evolve(inputs(net), duration=ROUND * 6, block=1)
        assert same_bits(left(net), before)
    twin = nested(recipe)
    twin.evolve(inputs(twin), duration=ROUND * 8)
    net.evolve(inputs(net), duration=ROUND * 6)
    assert same_bits(left(net), left(twin))


def _tasks(net):
    schedule = graphnet.plan.Schedule(net.now, net.exact_dt, 6, 1)
    plan = graphnet.plan.compile_plan(net, schedule, inputs(net), graphnet.plan.Wanted())
    for number, stage in enumerate(plan.stages):
        for kind in ("feed", "template"):
            for i in range(len(getattr(stage, kind))):
                yield number, kind, i


def _break(patch, stage, kind, number):
    compiled = graphnet.plan.compile_plan

    def compile_plan(net, schedule, given, wanted, **options):
        plan = compiled(net, schedule, given, wanted, **options)
        tasks = getattr(plan.stages[stage], kind)
        task = tasks[number]

        def function(k, state, *arriving):
            if k == 1 or schedule.blocks == 1:
                raise ZeroDivisionError("broken on purpose")
            return task.function(k, state, *arriving)

        tasks[number] = task._replace(function=function)
        return plan

    patch.setattr(graphnet.run.again, "compile_plan", compile_plan)


# ---------------------------------------------------------------------- edges against what they stand for


@few
@given(st.integers(2, 6), st.data())
def test_slices_do_what_a_selecting_matrix_does(size, data):
    picked = data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=size, unique=True))
    place = data.draw(st.permutations(range(len(picked))))
    matrix = np.zeros((size, len(picked)))
    matrix[picked, place] = 1.0
    x = TSContinuous.from_clocked(np.random.default_rng(size).normal(size=(40, size)), 1e-3)
    sliced, explicit = Network(), Network()
    for net in (sliced, explicit):
        net.input("x", size)
        net.add_layer(PassThrough(len(picked), dt=1e-3), name="end")
    sliced.connect("x", "end", pre_channels=picked, post_channels=place)
    explicit.add_layer(Linear(matrix, dt=1e-3), name="select")
    explicit.connect_many(["x -> select", "select -> end"])
    assert np.array_equal(sliced.evolve(x)["end"].samples, explicit.evolve(x)["end"].samples)


@few
@given(st.sampled_from(STEPS), st.integers(0, 9), st.integers(1, 7), st.booleans())
def test_a_delayed_edge_gives_the_shifted_series(dt, late, block, over_port):
    """Also where the delay is written in two halves on both sides of a port."""
    net = Network()
    net.input("x", 2)
    net.add_layer(PassThrough(2, dt=dt), name="end")
    if over_port:
        net.port("p", 2)
        net.connect("x", "p", delay=late * dt / 2)
        net.connect("p", "end", delay=late * dt / 2)
    else:
        net.connect("x", "end", delay=late * dt)
    rows = np.random.default_rng(late).normal(size=(30, 2))
    got = net.evolve(TSContinuous.from_clocked(rows, dt), block=block)["end"].samples
    assert np.array_equal(got, np.concatenate([np.zeros((late, 2)), rows])[:30])


# ---------------------------------------------------------------------- unsound


def _free_type(net, kind):
    return next(name for name, one in net.inputs.items() if one.type is kind)


UNSOUND = {
    "an unknown name": (lambda net, name: net.connect("nobody", name), UnknownName),
    "another kind": (
        lambda net, name: net.connect(
            _free_type(net, TSEvent if net.reads(name).type is TSContinuous else TSContinuous), name
        ),
        EdgeError,
    ),
    "a delay between steps": (
        lambda net, name: net.connect(_free_type(net, net.reads(name).type), name, delay=1.23e-5),
        EdgeError,
    ),
    "a negative delay": (
        lambda net, name: net.connect(_free_type(net, net.reads(name).type), name, delay=-1.0),
        EdgeError,
    ),
    "channels beyond": (lambda net, name: net.connect(name, name, pre_channels=[99], delay=ROUND), EdgeError),
    "an edge into an input": (lambda net, name: net.connect(name, "x"), EdgeError),
    "an input into an input": (lambda net, name: net.connect("x", "x"), EdgeError),
    "a name in use": (lambda net, name: net.add_layer(PassThrough(1, dt=1e-3), name=name), NameTaken),
    "a rename to a name in use": (lambda net, name: net.rename("x", name), NameTaken),
    "a network whose names are taken": (lambda net, name: net.add_network(Network(name="x")), NameTaken),
    "a layer of another size in its place": (
        lambda net, name: net.replace("led", PassThrough(77, dt=1e-3)),
        GraphnetError,
    ),
    "several edges of which one is wrong": (
        lambda net, name: net.connect_many(["x -> free[0:3]", "x -> nobody"]),
        GraphnetError,
    ),
    "a loop without delay": (
        lambda net, name: net.connect_many(["free -> back", "back -> free"], merge="sum"),
        CycleError,
    ),
    "a loop through a plain layer": (
        lambda net, name: net.connect_many(["free -> plain @ 60 ms", "plain -> free @ 60 ms"], merge="sum"),
        CycleError,
    ),
    "a step that fits no other": (lambda net, name: net.connect("free", "odd"), EdgeError),
    "an output that is none": (lambda net, name: net.set_outputs([name, "x"]), EdgeError),
    "ports that lead back": (lambda net, name: net.connect_many(["p -> q", "q -> p"]), CycleError),
    "a delay that no halves make whole": (
        lambda net, name: net.connect_many(["free -> p @ 0.3 ms", "p -> back"]),
        EdgeError,
    ),
    "a forced step": (lambda net, name: Network([PassThrough(1, dt=2e-3)], dt=3e-3).exact_dt, TimeError),
}


@settings(few, max_examples=3)
@given(recipe=recipes, data=st.data())
@pytest.mark.parametrize("what", UNSOUND)
def test_what_is_unsound_is_refused_and_nothing_is_changed(what, recipe, data):
    act, error = UNSOUND[what]
    net = nested(recipe)
    net.add_layer(PassThrough(3, dt=1e-3), name="free")
    net.add_layer(PassThrough(3, dt=1e-3), name="back")
    net.add_layer(Smooth(np.eye(3), dt=1e-3), name="plain")
    net.add_layer(PassThrough(3, dt=0.0010000001), name="odd")
    net.add_layer(PassThrough(3, dt=1e-3), name="led", input_layer="x")
    net.port("p", 3)
    net.port("q", 3)
    name = data.draw(st.sampled_from([one for one in net.layers if net[one].size_in] or ["free"]))
    before, order = net.copy(), net.evol_order
    numbers = [one.number for one in net.edges]
    with pytest.raises(error) as caught:
        act(net, name)
    assert len(str(caught.value)) > 20
    assert net == before
    assert net.evol_order == order
    assert [one.number for one in net.edges] == numbers
    assert all(net.name_of(layer) == one for one, layer in net.layers.items())
