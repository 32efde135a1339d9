// The map of a graph that is larger than its pane.

function mapMade() {
  const [left, top, right, bottom] = graph.drawing.bounds;
  const spot = ([l, t, r, b]) => make("svg:rect", {class: "spot", x: l, y: t, width: r - l, height: b - t});
  const shapes = graph.drawing.boxes.map(({rect}) => spot(rect));
  graph.seen = make("svg:rect", {class: "seen"});
  const frame = {viewBox: `${left} ${top} ${right - left} ${bottom - top}`, preserveAspectRatio: "none"};
  const map = make("svg:svg", frame, ...shapes, graph.seen);
  const there = (event) => {
    if (!event.buttons) return;
    const {left: x, top: y, width, height} = map.getBoundingClientRect(), {k} = graph.view, [wide, tall] = room();
    const at = [left + (event.clientX - x) / width * (right - left), top + (event.clientY - y) / height * (bottom - top)];
    graph.view = {x: wide / 2 - at[0] * k, y: tall / 2 - at[1] * k, k};
    place();
  };
  map.addEventListener("pointerdown", there);
  map.addEventListener("pointermove", there);
  const broad = Math.min(240, Math.max(90, 90 * (right - left) / (bottom - top)));
  byId("map").style.setProperty("width", `${broad}px`);
  byId("map").style.setProperty("height", `${Math.min(120, Math.max(30, broad * (bottom - top) / (right - left)))}px`);
  byId("map").replaceChildren(map);
}

function mapPlaced() {
  const {x, y, k} = graph.view, [wide, tall] = room();
  byId("map").hidden = k <= whole() * 1.3;
  const window = {x: -x / k, y: -y / k, width: wide / k, height: tall / k};
  for (const [key, value] of Object.entries(window)) graph.seen.setAttribute(key, value);
}
