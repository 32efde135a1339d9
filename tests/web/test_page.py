"""The page as a file, in a real browser: offline, read by mouse and by keys, deaf to what names would have it do."""

import re

import pytest

from graphnet.views.page import content, render
from tests.web import networks
from tests.web.conftest import opened, until

AFRESH = """() => {
    select(null); fit(); activate("x"); setTime(...plots.whole); drawSignals();
    byId("plots").scrollTop = 0; document.activeElement.blur();
}"""
RANGES = """() => plots.document.roots().filter((one) => one.x_range.name === "time" || one.name === "axis")
    .map((one) => [one.name, one.x_range.start, one.x_range.end])"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


def written(folder, name, net, signals=None):
    path = folder / f"{name}.html"
    if not path.exists():
        path.write_text(render(content(net, signals)), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def small(browser, folder):
    """The page of the small network and its signals, opened once."""
    seen = opened(browser, written(folder, "small", *networks.recorded()))
    yield seen
    seen.page.context.close()


@pytest.fixture
def page(small):
    """That page as it was when it was opened."""
    one = small.page
    one.bring_to_front()
    one.locator("#find").fill("")
    one.evaluate(
        "() => { select(null); fit(); setTime(...plots.whole); activate('x'); document.activeElement.blur(); }"
    )
    yield one
    assert small.said == []


@pytest.fixture
def fresh(watch, folder):
    """That page once more, in front of all others: for what the mouse does to its plots."""
    return watch(written(folder, "small", *networks.recorded())).page


@pytest.fixture
def nested(watch, folder):
    return watch(written(folder, "nested", networks.nested())).page


def box(page, name):
    return page.locator(f'.box[data-name="{name}"]')


def boxes(page):
    return sorted(page.eval_on_selector_all(".box[data-name]", "all => all.map((one) => one.dataset.name)"))


def told(page):
    return page.locator("#facts").inner_text()


def values(page):
    """The rows of all tables in the panel: what -> value."""
    script = "all => all.map((row) => [row.cells[0].innerText, row.cells[1].querySelector('span').innerText])"
    return dict(page.eval_on_selector_all("#facts tbody tr", script))


def span(page):
    return page.evaluate("[plots.time.start, plots.time.end]")


# ---------------------------------------------------------------------- the graph


def test_a_file_asks_for_nothing_but_itself(small):
    assert small.asked == [small.page.url]


def test_every_layer_and_edge_is_drawn_once(page):
    assert boxes(page) == ["lif", "out", "res", "x"]
    labels = page.eval_on_selector_all("#canvas .arrow", "all => all.map((one) => one.getAttribute('aria-label'))")
    assert sorted(labels) == ["edge lif -> out", "edge out -> res @ 10 ms", "edge res -> lif", "edge x -> res"]


def test_a_click_on_a_layer_shows_its_parameters_with_units_its_equation_and_its_weights(page):
    box(page, "lif").click()
    shown = values(page)
    assert shown["tau_mem"] == "15 ms"
    assert shown["bias"] == "1.2"
    assert shown["channels out"] == "20"
    assert shown["dt"] == "1 ms"
    math = page.locator("#facts math").first
    assert math.get_attribute("alttext") == "tau_mem dv/dt = v_rest - v + r (W' u + bias)"
    assert page.locator("#facts mfrac").count() == 1
    assert page.locator("#weights-words").inner_text() == "20 × 20, magnitudes up to 0.8"
    image = page.evaluate(
        "(() => { const {image} = model('weights-cells').data; return [image[0].shape, image[0][21]]; })()"
    )
    assert image == [[20, 20], pytest.approx(0.8)]
    assert page.evaluate("[model('weights-shades').low, model('weights-shades').high]") == pytest.approx([-0.8, 0.8])


def test_a_layer_with_several_matrices_lets_one_choose(page):
    box(page, "res").click()
    page.get_by_role("button", name="weights_rec", exact=True).click()
    assert page.locator("#weights-words").inner_text().startswith("20 × 20")
    page.get_by_role("button", name="weights", exact=True).click()
    assert page.locator("#weights-words").inner_text().startswith("4 × 20")


def test_a_click_on_an_edge_shows_size_type_rate_and_delay(page):
    page.locator('.arrow[aria-label="edge out -> res @ 10 ms"] .hit').dispatch_event("click")
    shown = values(page)
    assert shown["carries"] == "continuous"
    assert shown["channels"] == "4"
    assert shown["delay"] == "10 ms"
    assert shown["rate"] == "dt 2 ms → 1 ms"
    assert shown["merge"] == "sum"


def test_the_wheel_the_buttons_and_a_drag_move_the_graph_and_fit_brings_it_back(page):
    view = "({...graph.view})"
    before = page.evaluate(view)
    page.locator("#canvas").hover()
    page.mouse.wheel(0, -200)
    until(page, f"graph.view.k > {before['k']} * 1.1")
    page.get_by_role("button", name="Show the whole graph").click()
    assert page.evaluate(view) == pytest.approx(before)
    page.get_by_role("button", name="Zoom in", exact=True).click()
    assert page.evaluate(view)["k"] == pytest.approx(1.25 * before["k"])
    box(page, "lif").click()
    page.mouse.move(300, 390)
    page.mouse.down()
    page.mouse.move(340, 400, steps=3)
    page.mouse.up()
    assert page.locator(".box.selected").get_attribute("data-name") == "lif"  # moving is not choosing
    moved = page.evaluate(view)
    page.get_by_role("button", name="Zoom out", exact=True).click()
    page.get_by_role("button", name="Show the whole graph").click()
    assert moved["x"] > before["x"] - 300 and moved != before
    assert page.evaluate(view) == pytest.approx(before)


# ---------------------------------------------------------------------- search


def test_search_lists_names_and_classes_and_enter_goes_to_the_first(page):
    page.keyboard.press("/")
    page.keyboard.type("expsyn")
    found = page.locator("#found [role=option]")
    assert [one.split() for one in found.all_inner_texts()] == [["out", "ExpSyn"]]
    page.keyboard.press("Enter")
    assert page.locator("#facts h2").inner_text().split() == ["out", "ExpSyn"]
    assert page.evaluate("document.activeElement.dataset.name") == "out"
    page.locator("#find").fill("nothing like that")
    assert page.locator("#found").inner_text() == "no layer of that name or class"


def test_search_opens_the_sub_network_that_hides_what_was_found(watch, folder):
    page = watch(written(folder, "nested", networks.nested())).page
    page.get_by_role("button", name="Close all sub-networks").click()
    assert boxes(page) == ["back", "front", "x"]
    page.locator("#find").fill("back.inner.a")
    page.keyboard.press("Enter")
    page.wait_for_selector('.box.selected[data-name="back.inner.a"]')
    assert "front" in boxes(page)


def test_a_network_too_large_for_a_picture_can_still_be_searched_and_read(watch, folder):
    page = watch(written(folder, "crowd", networks.crowd())).page
    assert "2101 layers" in page.locator("#canvas").inner_text()
    page.locator("#find").fill("n1234")
    page.keyboard.press("Enter")
    assert page.locator("#facts h2").inner_text().split() == ["n1234", "PassThrough"]
    page.locator("#facts").get_by_role("button", name="n1234 -> n1235").click()
    assert values(page)["carries"] == "continuous"


# ---------------------------------------------------------------------- sub-networks


def test_sub_networks_close_and_open_and_their_edges_stay(nested):
    everything = boxes(nested)
    assert "front.inner.a" in everything
    nested.get_by_role("button", name="Close all sub-networks").click()
    assert boxes(nested) == ["back", "front", "x"]
    box(nested, "front").click()
    assert "5 layers" not in told(nested) and "3 layers inside" in told(nested)
    nested.get_by_role("button", name="Open sub-network front", exact=True).first.click()
    assert "front.inner" in boxes(nested) and "back" in boxes(nested) and "front.inner.a" not in boxes(nested)
    nested.get_by_role("button", name="Open all sub-networks").click()
    assert boxes(nested) == everything
    nested.locator('.frame[data-group="back"] .badge').focus()
    nested.keyboard.press("Enter")
    assert "back" in boxes(nested) and "front.inner.a" in boxes(nested)
    assert nested.evaluate("document.activeElement.dataset.name") == "back"
    nested.keyboard.press("o")
    assert boxes(nested) != everything and "back.inner" in boxes(nested)
    nested.evaluate("go('front.inner.a')")
    nested.keyboard.press("o")
    assert "front.inner" in boxes(nested)


# ---------------------------------------------------------------------- signals


def test_zooming_the_time_axis_is_followed_by_every_plot(page):
    assert [one[1:] for one in page.evaluate(RANGES)] == [[0.0, 0.5]] * 5
    points = page.evaluate("model('columns:x').data.x.length")
    page.get_by_role("button", name="Zoom the time axis in").click()
    until(page, f"model('columns:x').data.x.length < {points}")
    assert [one[0] for one in page.evaluate(RANGES)] == ["signal:x", "signal:res", "signal:lif", "signal:out", "axis"]
    assert [one[1:] for one in page.evaluate(RANGES)] == [[0.125, 0.375]] * 5
    assert page.locator("#span").inner_text() == "125 ms to 375 ms"
    page.get_by_role("button", name="Show all of the time axis").click()
    assert span(page) == [0.0, 0.5]


def test_dragging_one_plot_moves_all(fresh):
    page = fresh
    page.get_by_role("button", name="Zoom the time axis in").click()
    figure = page.locator('article[data-signal="x"] .plot')
    figure.scroll_into_view_if_needed()
    plot = figure.bounding_box()
    x, y = plot["x"] + plot["width"] / 2, plot["y"] + plot["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 100, y, steps=10)
    until(page, "plots.time.start > 0.13")
    page.mouse.up()
    ranges = page.evaluate(RANGES)
    assert len({tuple(one[1:]) for one in ranges}) == 1
    assert ranges[0][2] - ranges[0][1] == pytest.approx(0.25)


def test_the_wheel_zooms_time_with_ctrl_alone(fresh):
    page = fresh
    page.locator('article[data-signal="x"] .plot').hover()
    page.mouse.wheel(0, -100)
    page.wait_for_timeout(100)
    assert span(page) == [0.0, 0.5]
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    until(page, "plots.time.end - plots.time.start < 0.49")
    page.keyboard.up("Control")


def test_what_is_plotted_are_the_samples(page):
    _, result = networks.recorded()
    wanted = result["x"].samples[:, 1]
    drawn = page.evaluate("[...model('columns:x').data.y1]")
    assert drawn[::2] == pytest.approx(wanted.tolist(), abs=1e-6)
    times = page.evaluate("[...model('columns:lif').data.x]")
    assert times == pytest.approx(result["lif"].times.tolist(), abs=1e-12)


def test_the_pointer_reads_the_values_of_every_trace_at_its_time(fresh):
    page = fresh
    _, result = networks.recorded()
    figure = page.locator('article[data-signal="x"] .plot')
    figure.scroll_into_view_if_needed()
    plot = figure.bounding_box()
    page.mouse.move(plot["x"] + 300, plot["y"] + 40)
    until(page, "byId('at').textContent !== ''")
    t = page.evaluate("(x) => timeUnder(byId('plots').children[0], x)", plot["x"] + 300)
    for name in ("x", "out"):
        read = page.locator(f'article[data-signal="{name}"] .channels').inner_text().replace("−", "-")
        wanted = [float(f"{value:.4g}") for value in result[name]([t])[0]]
        assert [float(one) for one in re.findall(r"\d: (\S+)", read)] == wanted
    page.mouse.move(5, 5)
    until(page, "byId('at').textContent === ''")


def test_a_long_trace_keeps_its_extremes_at_every_zoom(watch, folder):
    import numpy as np

    from graphnet import TSContinuous

    net = networks.small()
    samples = np.zeros((3_000_000, 4), dtype=np.float32)
    samples[1_234_567, 2] = 9.0
    path = written(folder, "long", net, {"x": TSContinuous.from_clocked(samples, dt=1e-3)})
    page = watch(path).page
    assert page.evaluate("Math.max(...model('columns:x').data.y2)") == 9.0
    page.evaluate("setTime(1234, 1236)")
    until(page, "model('columns:x').data.x.length < 300")
    assert page.evaluate("Math.max(...model('columns:x').data.y2)") == 9.0
    assert page.evaluate("content.signals[0].low.length") < 6_000_000
    page.evaluate("setTime(1300, 1310)")
    until(page, "Math.max(...model('columns:x').data.y2) === 0")


def test_selecting_a_layer_marks_its_signals_and_can_show_them_alone(page):
    box(page, "out").click()
    shown = "all => all.filter((one) => !one.hidden).map((one) => one.dataset.signal)"
    assert page.locator("#plots article.selected").get_attribute("data-signal") == "out"
    page.get_by_label("only the selected").check()
    assert page.eval_on_selector_all("#plots article", shown) == ["out"]
    page.get_by_label("only the selected").uncheck()
    assert page.eval_on_selector_all("#plots article", shown) == ["x", "res", "lif", "out"]


# ---------------------------------------------------------------------- keys and words


def test_everything_is_reached_by_keys_alone(page):
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('box')"):
            break
    assert page.evaluate("document.activeElement.dataset.name") == "x"
    outline = page.evaluate("getComputedStyle(document.activeElement.querySelector('.body')).strokeWidth")
    assert float(outline.removesuffix("px")) > 2  # the focus is seen
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.locator("#facts h2").inner_text().split() == ["res", "Rate"]
    page.keyboard.press("Escape")
    assert page.locator("#facts h2").inner_text().split() == ["small", "network"]
    page.keyboard.press("Space")
    assert page.locator("#facts h2").inner_text().split() == ["res", "Rate"]
    edge = page.locator("#facts").get_by_role("button", name="res -> lif")
    edge.focus()
    page.keyboard.press("Enter")
    assert page.locator("#facts h2").inner_text().startswith("res -> lif")
    before = page.evaluate("graph.view.k")
    page.locator(".box[tabindex='0']").focus()
    page.keyboard.press("+")
    assert page.evaluate("graph.view.k") > before
    page.keyboard.press("0")
    assert page.evaluate("graph.view.k") == pytest.approx(before)


def test_every_control_has_a_name_for_screen_readers(nested):
    script = """() => [...document.querySelectorAll("button, input, [role=button], [role=img], section, aside")]
        .filter((one) => one.checkVisibility())
        .filter((one) => !(one.getAttribute("aria-label") || one.getAttribute("aria-labelledby") || one.labels?.length
            || one.textContent.trim() || one.closest("#facts section")))
        .map((one) => one.outerHTML.slice(0, 120))"""
    assert nested.evaluate(script) == []
    assert nested.evaluate("document.documentElement.lang") == "en"


def test_light_and_dark_follow_the_system_and_the_switch(watch, folder):
    page = watch(written(folder, "small", *networks.recorded()), dark=True).page
    ground = "getComputedStyle(document.body).backgroundColor"
    letters = "model('signal:x').left[0].major_label_text_color"
    dark, pale = page.evaluate(ground), page.evaluate(letters)
    page.get_by_role("button", name="Switch between light and dark").click()
    assert page.evaluate(ground) != dark
    assert page.evaluate(letters) != pale
    page.keyboard.press("t")
    assert page.evaluate(ground) == dark


@pytest.mark.parametrize("width", [1280, 800, 400])
def test_nothing_sticks_out_at_any_width_whatever_the_names(watch, folder, width):
    page = watch(written(folder, "hostile", *networks.hostile()), width=width).page
    page.evaluate("(name) => go(name)", networks.HOSTILE[-1])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for pane in ("facts", "plots"):
        assert page.evaluate("(id) => byId(id).scrollWidth <= byId(id).clientWidth", pane)


# ---------------------------------------------------------------------- hostile names


def test_names_and_units_are_text_wherever_they_are_shown(watch, folder):
    net, signals = networks.hostile()
    page = watch(written(folder, "hostile", net, signals)).page
    page.evaluate("() => { window.alarms = 0; window.alarm = () => { window.alarms += 1; }; }")
    assert page.title() == networks.TITLE
    assert page.locator("#title").inner_text() == networks.TITLE
    for name in networks.HOSTILE:
        page.evaluate("(name) => go(name)", name)
        assert page.locator("#facts h2").inner_text().startswith(name)
        page.locator("#find").fill(name)
        assert page.locator("#found [role=option] bdi").first.inner_text() == name
    page.locator("#find").fill("")
    assert networks.UNITS in page.locator("#plots").inner_text()
    assert page.evaluate("window.alarms") == 0
    assert page.locator("img, main script, header script").count() == 0
    assert page.locator("#canvas svg b, #facts b").count() == 0


def test_a_script_that_got_in_would_not_be_run(browser, folder):
    seen = opened(browser, written(folder, "small", *networks.recorded()))
    page = seen.page
    page.evaluate("""() => {
        const one = document.createElement("div");
        one.innerHTML = "<img src=x onerror='window.alarmed = 1'>";
        document.body.append(one);
        const other = document.createElement("script");
        other.textContent = "window.alarmed = 2";
        document.body.append(other);
    }""")
    page.wait_for_timeout(150)
    assert page.evaluate("window.alarmed") is None
    assert len(seen.said) == 3 and all("Content Security Policy" in text for text in seen.said)
    page.context.close()
