"""The page from a server, in a real browser: as a file shows it, and finer."""

import numpy as np
import pytest

from graphnet import Network, TSContinuous
from graphnet.serving import Still
from layers import PassThrough
from tests.serving.serving import served
from tests.web import networks
from tests.web.conftest import until

OPENS = """(url) => new Promise((done) => {
    const one = new WebSocket(url, ["bokeh", "x"]);
    one.onopen = () => done("open");
    one.onerror = () => done("refused");
})"""


@pytest.fixture(scope="module")
def small():
    with served(Still(*networks.recorded())) as server:
        yield server


def test_it_shows_what_a_file_shows_and_asks_nobody_else(small, watch):
    seen = watch(small.url)
    assert seen.page.locator(".box[data-name]").count() == 4
    assert all(one.startswith((small.url, "data:", "blob:")) for one in seen.asked)
    seen.page.locator('.box[data-name="lif"]').click()
    assert "tau_mem" in seen.page.locator("#facts").inner_text()
    until(seen.page, "model('columns:out').data.x.length > 100")


def test_sub_networks_open_in_any_set_though_the_page_holds_few(watch):
    many = Network(name="many")
    part = Network([PassThrough(1), PassThrough(1)], name="part")
    for k in range(7):
        many.add_network(part, name=f"part_{k}")
    with served(Still(many)) as server:
        page = watch(server.url).page
        assert page.evaluate('content.drawings.every((one) => JSON.stringify(one.opened) !== \'["part_1","part_5"]\')')
        page.evaluate("open([], null).then(() => open(['part_5', 'part_1'], 'part_1'))")
        until(page, 'JSON.stringify(graph.drawing.opened) === \'["part_1","part_5"]\'')
        assert page.locator('.box[data-name="part_5.pass_through"]').count() == 1


def test_a_signal_too_long_for_the_page_is_whole_when_one_looks_closely(watch):
    net = Network([PassThrough(1, dt=0.0001)], name="long")
    samples = np.random.default_rng(3).normal(size=(4_000_000, 1))
    name = next(iter(net.layers))
    with served(Still(net, {name: TSContinuous.from_clocked(samples, dt=0.0001)})) as server:
        page = watch(server.url).page
        until(page, f"model('columns:{name}').data.x.length > 100")
        assert page.evaluate(f"model('columns:{name}').data.x.length") <= 4000
        page.evaluate("setTime(123.0, 123.01)")
        until(page, f"model('columns:{name}').data.x.length < 700", 10.0)
        x, y = (page.evaluate(f"Array.from(model('columns:{name}').data.{key})") for key in ("x", "y0"))
        seen = {round(one * 10_000): value for one, value in zip(x[::2], y[::2], strict=True)}
        assert all(seen[k] == samples[k, 0] for k in range(1_230_001, 1_230_099))


def test_a_page_elsewhere_can_neither_hold_this_one_nor_talk_to_it(small, browser):
    context = browser.new_context()
    page = context.new_page()
    answers = []
    page.on("response", lambda one: answers.append(one.status))
    page.set_content(f'<iframe src="{small.url}"></iframe><script src="{small.url}autoload.js"></script>')
    page.wait_for_timeout(500)
    assert answers and set(answers) == {403}
    closed = page.evaluate(OPENS, small.url.replace("http", "ws") + "ws")
    assert closed == "refused"
    assert page.evaluate("(url) => fetch(url).then(() => 'read', () => 'refused')", small.url) == "refused"
    context.close()
