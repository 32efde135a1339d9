"""A live run in a real browser: it moves, it obeys, it says what is wrong, and it does not grow."""

import time
from contextlib import contextmanager

import numpy as np
import pytest

from graphnet import Network, TSContinuous, registry
from graphnet.datasets import Dataset, Trial
from graphnet.serving import Live, Watching
from graphnet.serving.columns import COLUMNS, ROWS
from layers import PassThrough
from tests.serving.networks import small
from tests.serving.serving import served
from tests.web import networks
from tests.web.conftest import opened, until

LENGTHS = """() => plots.document.roots().flatMap((one) => one.renderers).map((one) => one.data_source)
    .flatMap((one) => Object.values(one.data)).map((one) => one.length ? (one[0].length || one.length) : 0)"""
RATE = "() => live.now.rates.lif || 0"


@contextmanager
def showing(net, **options):
    """The address of a live run's page, and the run."""
    with Live(net, paused=True, **options) as live, served(Watching(live)) as server:
        yield server.url, live


@pytest.fixture(scope="module")
def endless(browser):
    """One run without end, and its page, for the tests that leave it running."""
    with showing(small(run={"duration": 1e6}), speed=1.0) as (url, live):
        seen = opened(browser, url)
        until(seen.page, "live.pictures > 2")
        yield seen, live
        said = list(seen.said)
        seen.page.context.close()
    assert said == []


@pytest.fixture
def page(endless):
    seen, live = endless
    live.restart(written=True).result(10)
    until(seen.page, "document.body.dataset.live === 'running'")
    return seen.page


def state(page):
    return page.evaluate("document.body.dataset.live")


def test_it_waits_for_the_first_who_looks_and_then_moves(browser):
    with showing(small(run={"duration": 1e6}), speed=1.0) as (url, live):
        time.sleep(0.2)
        assert live.status().time == 0.0
        seen = opened(browser, url)
        until(seen.page, "live.pictures > 0")
        before = seen.page.evaluate("[live.pictures, performance.now()]")
        until(seen.page, f"live.pictures >= {before[0]} + 12", 20.0)
        after = seen.page.evaluate("[live.pictures, performance.now()]")
        assert (after[0] - before[0]) / (after[1] - before[1]) * 1000 > 0.5  # 10 and more on a machine at rest
        assert seen.said == []
        seen.page.context.close()


def test_what_is_shown_is_what_the_run_gives(page, endless):
    page.get_by_role("button", name="Pause").click()
    until(page, "document.body.dataset.live === 'paused'")
    _, shown = endless[1].picture()
    source = page.evaluate("""() => {
        const {x, y0} = model("columns:out").data;
        return [Array.from(x), Array.from(y0)];
    }""")
    low, high = shown["out"].low, shown["out"].high
    assert low is not None and high is not None
    assert source[1] == [one for pair in zip(low[:, 0], high[:, 0], strict=True) for one in pair]
    page.get_by_role("button", name="Go on").click()
    until(page, "document.body.dataset.live === 'running'")


def test_it_stands_while_it_is_paused_and_goes_on(page):
    page.get_by_role("button", name="Pause").click()
    until(page, "document.body.dataset.live === 'paused'")
    before = page.evaluate("live.now.time")
    page.wait_for_timeout(200)
    assert page.evaluate("live.now.time") == before
    assert page.locator("#live-word").inner_text() == "Paused"
    page.get_by_role("button", name="Go on").click()
    until(page, f"live.now.time > {before}")


def test_a_restart_begins_anew(page):
    until(page, "live.now.time > 0.5")
    page.get_by_role("button", name="Restart", exact=True).click()
    until(page, "live.now.time < 0.4")
    until(page, "live.now.time > 0.0")
    assert page.evaluate("plots.time.start") == 0.0


def test_another_value_for_a_parameter_shows_its_effect_and_can_be_undone(page):
    page.evaluate("go('lif')")
    until(page, "live.now.time > 0.3")
    before = page.evaluate(RATE)
    page.get_by_label("Parameter", exact=True).select_option("bias")
    page.get_by_label("New value").fill("3.0")
    page.get_by_label("New value").press("Enter")
    until(page, f"({RATE})() > 1.5 * {before}", 10.0)
    assert "lif.bias = 3.0" in page.locator("#live-changes").inner_text()
    assert "was 1.2" in page.locator("#live-changes").inner_text()
    page.get_by_role("button", name="Restart as written").click()
    until(page, "byId('live-changes').hidden")
    until(page, f"({RATE})() > 0 && ({RATE})() < 1.5 * {before}", 10.0)


def test_a_wrong_value_is_said_in_its_place_and_the_run_goes_on(page):
    page.evaluate("go('lif')")
    page.get_by_label("Parameter", exact=True).select_option("tau_mem")
    for text, said in (("-1 ms", "greater than 0"), ("10 mV", "a time such as 20 ms"), ("[1", "tau_mem")):
        page.get_by_label("New value").fill(text)
        page.get_by_role("button", name="Set").click()
        until(page, f"!byId('live-refused').hidden && byId('live-refused').textContent.includes('{said}')")
    assert page.get_by_label("New value").get_attribute("aria-invalid") == "true"
    before = page.evaluate("live.now.time")
    until(page, f"live.now.time > {before}")
    assert state(page) == "running" and page.evaluate("live.now.changes") == []


def test_markup_in_a_value_or_an_error_is_text(page):
    page.evaluate("go('lif')")
    page.get_by_label("New value").fill("<img src=x onerror=document.body.dataset.broken=1>")
    page.get_by_role("button", name="Set").click()
    until(page, "!byId('live-refused').hidden")
    page.wait_for_timeout(100)
    assert page.locator("#live-facts img").count() == 0 and page.evaluate("document.body.dataset.broken") is None


def test_memory_in_the_page_stays_that_of_its_window(page, endless):
    endless[1].set_speed(20.0).result(10)
    endless[1].set_window(0.2).result(10)  # seen through a hundred times
    most, begun = 0, page.evaluate("live.now.simulated")
    until(page, f"live.now.simulated > {begun} + 20", 20.0)
    most = max(page.evaluate(LENGTHS))
    endless[1].set_speed(1.0).result(10)
    assert 0 < most <= (COLUMNS + 1) * ROWS


def test_a_run_that_falls_behind_says_so(browser):
    with showing(small(run={"duration": 1e6}), speed=50.0, watch=lambda _: time.sleep(0.03)) as (url, _):
        seen = opened(browser, url)
        until(seen.page, "!byId('live-late').hidden", 60.0)
        assert "of simulated time by now" in seen.page.locator("#live-late").inner_text()
        assert "of the 50 × that are asked for" in seen.page.locator("#live-late").inner_text()
        seen.page.get_by_label("Speed").select_option("0.01")
        until(seen.page, "byId('live-late').hidden", 60.0)
        seen.page.context.close()


def test_two_look_on_at_the_same_run(page, endless, browser):
    other = opened(browser, page.url)
    until(other.page, "live.pictures > 2", 10.0)
    assert abs(other.page.evaluate("live.now.simulated") - page.evaluate("live.now.simulated")) < 2.0
    other.page.get_by_role("button", name="Pause").click()
    until(page, "document.body.dataset.live === 'paused'")
    until(other.page, "document.body.dataset.live === 'paused'")
    assert page.evaluate("live.now.time") == other.page.evaluate("live.now.time")
    assert other.said == []
    other.page.context.close()


def test_a_run_that_has_ended_can_go_on_where_nothing_ends_it(browser):
    with showing(small(run={"duration": 0.2}), speed=1.0) as (url, _):
        seen = opened(browser, url)
        until(seen.page, "document.body.dataset.live === 'ended'", 10.0)
        assert seen.page.locator("#live-time").inner_text() == "0.200 s of 200 ms"
        seen.page.get_by_role("button", name="Go on").click()
        until(seen.page, "live.now.time > 0.3", 10.0)
        seen.page.context.close()


def test_trials_are_called_by_name_and_one_goes_to_any(browser, monkeypatch):
    series = [TSContinuous.from_clocked(np.full((1000, 1), float(k)), dt=0.001) for k in range(3)]
    trials = [Trial({"x": one}, label=f"kind <b>{k}</b>") for k, one in enumerate(series)]
    monkeypatch.setattr(registry.datasets, "get", lambda name: lambda: Dataset(name, {"train": trials}))
    net = Network(name="trials")
    net.input("x", 1)
    net.add_layer(PassThrough(1, dt=0.001), name="same")
    net.connect("x", "same")
    net.document = {"data": {"source": "made"}}
    with showing(net) as (url, _):
        seen = opened(browser, url)
        until(seen.page, "live.trials === true", 10.0)
        assert seen.page.locator("#live-trial option").all_inner_texts() == [f"{k}: kind <b>{k}</b>" for k in range(3)]
        seen.page.get_by_label("Trial").select_option("2")
        until(seen.page, "live.now.trial === 2 && model('columns:same').data.y0[0] === 2", 10.0)
        assert seen.said == []
        seen.page.context.close()


def test_another_layer_is_shown_where_there_is_no_room_for_all(browser):
    net = Network([PassThrough(1, dt=0.001) for _ in range(14)], name="long")
    net.document = {"run": {"duration": 1e6}}
    last = list(net.layers)[-1]
    with showing(net) as (url, live):
        seen = opened(browser, url)
        until(seen.page, "live.pictures > 0", 10.0)
        assert last not in live.status().shown
        seen.page.evaluate("(name) => go(name)", last)
        seen.page.get_by_role("button", name="Show its signal").click()
        seen.page.wait_for_selector(f'article[data-signal="{last}"]', state="attached")
        until(seen.page, f"content.signals.some((one) => one.name === '{last}')", 10.0)
        assert last in live.status().shown and len(live.status().shown) == 12
        seen.page.context.close()


def test_names_and_errors_of_a_document_are_text(browser):
    net, _ = networks.hostile()
    net.document = {"run": {"duration": 1e6}}
    with showing(net) as (url, _):
        seen = opened(browser, url)
        until(seen.page, "live.pictures > 2", 10.0)
        for name in networks.HOSTILE[:4]:
            seen.page.evaluate("(name) => go(name)", name)
            assert seen.page.locator("#live-facts form").count() == 1
        assert seen.said == [] and seen.page.locator("img").count() == 0
        seen.page.context.close()


def test_a_document_that_cannot_run_is_told(browser):
    with showing(small(run={})) as (url, _):
        seen = opened(browser, url)
        until(seen.page, "document.body.dataset.live === 'failed'", 10.0)
        assert "does not say what to do" in seen.page.locator("#live-error").inner_text()
        assert seen.said == []
        seen.page.context.close()


def test_a_page_whose_server_has_gone_says_so(browser):
    with showing(small(run={"duration": 1e6})) as (url, _):
        seen = opened(browser, url)
        until(seen.page, "live.pictures > 0", 10.0)
    until(seen.page, "document.body.dataset.live === 'lost'", 10.0)
    assert "does not answer" in seen.page.locator("#live-word").inner_text()
    seen.page.context.close()
