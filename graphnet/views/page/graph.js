// The graph: a drawing as SVG, moved and zoomed, its boxes and arrows reached by mouse and keys.

const graph = {
  drawing: null, view: {x: 0, y: 0, k: 1}, svg: null, world: null, boxes: new Map(), arrows: [], active: null, moved: false,
};
const FAMILIES = new Set(Object.keys(content.families));
const LEAST = 0.05, MOST = 8, ROUND = 5, BAR = 72, READ = 0.8;

function signalClass(type) {
  return type === "TSEvent" ? "events" : "continuous";
}

// A family that has a colour, or else one of the two kinds of signal.
function familyOf(box) {
  return FAMILIES.has(box.family) ? `family-${box.family}` : signalClass(box.type);
}

function show(drawing, keep) {
  graph.drawing = drawing;
  graph.boxes.clear();
  graph.arrows = [];
  graph.world = make("svg:g", {});
  for (const frame of drawing.frames) graph.world.append(subnetworkFrame(frame));
  for (const arrow of drawing.arrows) graph.world.append(arrowElement(arrow));
  for (const arrow of drawing.arrows) if (arrow.label) graph.world.append(labelElement(arrow));
  for (const box of drawing.boxes) graph.world.append(boxElement(box));
  const counts = `${drawing.boxes.length} boxes and ${drawing.arrows.length} edges`;
  const words = `Graph of ${counts}. Arrow keys go from box to box, Enter selects.`;
  graph.svg = make("svg:svg", {role: "application", "aria-label": words}, graph.world);
  byId("canvas").replaceChildren(graph.svg);
  activate(graph.boxes.has(keep) ? keep : drawing.boxes.length ? drawing.boxes[0].name : null);
  listen(graph.svg);
  mapMade();
  graph.moved = false;
  start(graph.active);
}

function words(line, name) {
  const look = {x: line.x, y: line.y, "font-size": line.size, class: (line.bold ? "name " : "") + (name || "")};
  return make("svg:text", look, line.text);
}

function subnetworkFrame(frame) {
  const [left, top, right, bottom] = frame.rect;
  const rim = make("svg:rect", {x: left, y: top, width: right - left, height: bottom - top, rx: 6});
  const close = badge(right - 9, top + 9, "−", `Close sub-network ${frame.group}`, () => toggle(frame.group));
  return make("svg:g", {class: "frame", "data-group": frame.group}, rim, frame.label && words(frame.label), close);
}

function badge(x, y, sign, label, action) {
  const press = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
  return make(
    "svg:g", {class: "badge", role: "button", tabindex: 0, "aria-label": label, onclick: press, onkeydown: press},
    make("svg:title", {}, label),
    make("svg:circle", {cx: x, cy: y, r: 6}), make("svg:text", {x, y, "font-size": 10}, sign),
  );
}

function boxElement(box) {
  const [left, top, right, bottom] = box.rect;
  const height = bottom - top, kind = box.kind;
  const radius = kind === "input" || kind === "output" ? Math.min(14, height / 2) : Math.min(4, height / 4);
  const parts = [make("svg:rect", {class: "body", x: left, y: top, width: right - left, height, rx: radius})];
  if (kind === "group") {
    const behind = {class: "behind", x: left + 4, y: top - 4, width: right - left, height, rx: radius};
    parts.unshift(make("svg:rect", behind));
  }
  box.lines.forEach((line, i) => parts.push(words(line, i ? "dim" : "")));
  if (box.recurrent) parts.push(loop(right - 9, top + Math.min(10.5, height / 2)));
  const what = kind === "group" ? `sub-network of ${box.layers} layers` : box.lines.slice(1).map((one) => one.text).join(", ");
  const made = make("svg:g", {
    class: `box ${kind} ${familyOf(box)}`, role: "button", tabindex: -1, "data-name": box.name,
    "aria-label": `${box.name}: ${what || kind}${box.recurrent ? ", recurrent" : ""}`,
    onclick: () => { activate(box.name); select({name: box.name}); },
    ondblclick: () => { if (kind === "group") toggle(box.name); },
  }, make("svg:title", {}, box.name), ...parts);
  if (kind === "group") made.append(badge(right - 4, top, "+", `Open sub-network ${box.name}`, () => toggle(box.name)));
  graph.boxes.set(box.name, {box, element: made});
  return made;
}

// The sign of recurrent weights: most of a circle with an arrowhead.
function loop(x, y) {
  const arc = make("svg:path", {d: `M${x + 3.4} ${y + 1.2}A3.6 3.6 0 1 1 ${x + 1.2} ${y - 3.4}`});
  return make("svg:g", {class: "loop"}, arc, make("svg:path", {class: "tip", d: `M${x + 2.6} ${y - 3.3}l-3.6 -2.2l0.2 4.6z`}));
}

function along(from, to, distance) {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const part = Math.min(1, distance / Math.max(Math.hypot(dx, dy), 1e-9));
  return [from[0] + dx * part, from[1] + dy * part];
}

function path(points) {
  let d = `M${points[0].join(" ")}`;
  for (let i = 1; i < points.length - 1; i++) {
    const [before, at, after] = [points[i - 1], points[i], points[i + 1]];
    const reach = (other) => Math.min(ROUND, Math.hypot(other[0] - at[0], other[1] - at[1]) / 2);
    d += `L${along(at, before, reach(before)).join(" ")}Q${at.join(" ")} ${along(at, after, reach(after)).join(" ")}`;
  }
  return `${d}L${points.at(-1).join(" ")}`;
}

function arrowElement(arrow) {
  const points = arrow.points, tip = points.at(-1), back = along(tip, points.at(-2), 7);
  const across = [(tip[1] - back[1]) * 0.36, (back[0] - tip[0]) * 0.36];
  const corners = [tip, [back[0] + across[0], back[1] + across[1]], [back[0] - across[0], back[1] - across[1]]];
  const line = path([...points.slice(0, -1), along(tip, points.at(-2), 6)]);
  const several = `${arrow.pre} -> ${arrow.post}, ${arrow.edges.length} edges`;
  const label = arrow.edges.length === 1 ? content.edges[arrow.edges[0]].text : several;
  const parts = [
    make("svg:path", {class: "hit", d: line}),
    make("svg:path", {class: "way", d: line, style: `--w: ${arrow.wide}`}),
    make("svg:polygon", {points: corners.map((p) => p.join(",")).join(" ")}),
  ];
  if (arrow.delayed) {
    const [cx, cy] = along(points[0], points[1], 4);
    parts.push(make("svg:circle", {class: "late", cx, cy, r: 2.4}));
  }
  const made = make("svg:g", {
    class: `arrow ${signalClass(arrow.type)}${arrow.back ? " back" : ""}`, role: "button", tabindex: -1, "aria-label": `edge ${label}`,
    onclick: () => select({edges: arrow.edges}),
  }, make("svg:title", {}, label), ...parts);
  graph.arrows.push({arrow, element: made});
  return made;
}

// The words of an arrow lie above all arrows, since several may share one way; a click on them selects theirs.
function labelElement(arrow) {
  const {x, y, size, width} = arrow.label;
  const paper = {class: "paper", x: x - width / 2 - 1.5, y: y - size * 0.6, width: width + 3, height: size * 1.2};
  const look = {class: `said ${signalClass(arrow.type)}`, "aria-hidden": "true", onclick: () => select({edges: arrow.edges})};
  return make("svg:g", look, make("svg:rect", paper), words(arrow.label));
}

// ---------------------------------------------------------------------- moving

function place() {
  const {x, y, k} = graph.view;
  graph.world.setAttribute("transform", `translate(${x} ${y}) scale(${k})`);
  mapPlaced();
}

function room() {
  const {clientWidth, clientHeight} = byId("canvas");
  return [Math.max(clientWidth, 1), Math.max(clientHeight, 1)];
}

// The scale at which all is seen.
function whole() {
  const [wide, tall] = room(), [left, top, right, bottom] = graph.drawing.bounds;
  return Math.min(wide / (right - left), Math.max(tall - BAR, 1) / (bottom - top), 1.8);
}

function fit() {
  const [wide, tall] = room(), [left, top, right, bottom] = graph.drawing.bounds, k = whole();
  graph.view = {x: (wide - (right + left) * k) / 2, y: (tall + BAR / 2 - (bottom + top) * k) / 2, k};
  place();
}

// All of it where it can be read so, else where it begins, large enough to be read.
function start(name) {
  fit();
  const first = graph.boxes.get(name);
  if (whole() >= READ || !first) return;
  const [left, top, , bottom] = first.box.rect, k = 0.9;
  graph.view = {x: 24 - left * k, y: room()[1] / 2 - (top + bottom) / 2 * k, k};
  if (name !== graph.drawing.boxes[0].name) graph.view.x += room()[0] / 3;
  place();
}

function zoom(factor, at) {
  graph.moved = true;
  const [wide, tall] = room(), [px, py] = at || [wide / 2, tall / 2], {x, y, k} = graph.view;
  const next = Math.min(MOST, Math.max(LEAST, k * factor));
  graph.view = {x: px - (px - x) * next / k, y: py - (py - y) * next / k, k: next};
  place();
}

function pan(dx, dy) {
  graph.moved = true;
  graph.view = {...graph.view, x: graph.view.x + dx, y: graph.view.y + dy};
  place();
}

// Bring a box into view, large enough to be read.
function reveal(name) {
  const found = graph.boxes.get(name);
  if (!found) return;
  const [left, top, right, bottom] = found.box.rect, [wide, tall] = room();
  let {x, y, k} = graph.view;
  const seen = left * k + x > 0 && right * k + x < wide && top * k + y > 0 && bottom * k + y < tall;
  if (seen && k > 0.6) return;
  k = Math.max(k, 1);
  graph.view = {x: wide / 2 - (left + right) / 2 * k, y: tall / 2 - (top + bottom) / 2 * k, k};
  place();
}

// Move the graph so that what the keys have reached is in view.
function follow(element) {
  const pane = byId("canvas").getBoundingClientRect(), at = element.getBoundingClientRect(), rim = 16;
  const off = (low, high, least, most) => (low < least + rim ? least + rim - low : high > most - rim ? most - rim - high : 0);
  const dx = off(at.left, at.right, pane.left, pane.right), dy = off(at.top, at.bottom, pane.top, pane.bottom);
  if (dx || dy) pan(dx, dy);
}

function activate(name) {
  const before = graph.boxes.get(graph.active), now = graph.boxes.get(name);
  if (before) before.element.setAttribute("tabindex", -1);
  if (now) now.element.setAttribute("tabindex", 0);
  graph.active = now ? name : null;
}

const STEPS = {ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1]};

// The nearest box in a direction: what lies ahead counts once, what lies aside three times.
function neighbour(from, [dx, dy]) {
  const centre = (box) => [(box.rect[0] + box.rect[2]) / 2, (box.rect[1] + box.rect[3]) / 2];
  const [x, y] = centre(from);
  let best = null, least = Infinity;
  for (const {box} of graph.boxes.values()) {
    const [cx, cy] = centre(box), ahead = (cx - x) * dx + (cy - y) * dy;
    const aside = Math.abs((cx - x) * dy) + Math.abs((cy - y) * dx);
    const cost = ahead + 3 * aside;
    if (box !== from && ahead > 1 && cost < least) [best, least] = [box.name, cost];
  }
  return best;
}

function graphKey(event) {
  if (!graph.drawing || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = STEPS[event.key], found = graph.boxes.get(graph.active);
  if (step && event.shiftKey) pan(-60 * step[0], -60 * step[1]);
  else if (step && found) {
    const next = neighbour(found.box, step);
    if (next) { activate(next); graph.boxes.get(next).element.focus(); }
  } else if (event.key === "+" || event.key === "=") zoom(1.25);
  else if (event.key === "-") zoom(0.8);
  else if (event.key === "0") fit();
  else if ((event.key === "Enter" || event.key === " ") && found && document.activeElement === found.element) select({name: graph.active});
  else if (event.key === "o" && found) {
    const path = found.box.kind === "group" ? graph.active : outer(graph.active).at(-1);
    if (path) toggle(path);
  }
  else return;
  event.preventDefault();
}

function listen(svg) {
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    const {left, top} = svg.getBoundingClientRect();
    zoom(Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) * 0.004), [event.clientX - left, event.clientY - top]);
  }, {passive: false});
  let from = null, moved = false;
  svg.addEventListener("pointerdown", (event) => {
    moved = false;
    if (event.button === 0) from = [event.clientX, event.clientY, false];
  });
  svg.addEventListener("pointermove", (event) => {
    if (!from || !event.buttons) return;
    const [dx, dy] = [event.clientX - from[0], event.clientY - from[1]];
    if (!from[2] && Math.hypot(dx, dy) < 4) return;
    if (!from[2]) svg.setPointerCapture(event.pointerId);
    pan(dx, dy);
    from = [event.clientX, event.clientY, true];
    moved = true;
  });
  svg.addEventListener("click", (event) => { if (moved) event.stopPropagation(); moved = false; }, true);
  svg.addEventListener("pointerup", () => { from = null; });
  svg.addEventListener("focusin", ({target}) => { if (target.matches(":focus-visible")) follow(target); });
  svg.addEventListener("click", (event) => { if (event.target === svg) select(null); });
}

function mark(selection) {
  const name = selection && selection.name, edges = new Set((selection && selection.edges) || []);
  for (const [key, {element}] of graph.boxes) element.classList.toggle("selected", key === name);
  for (const {arrow, element} of graph.arrows) {
    element.classList.toggle("selected", arrow.edges.some((one) => edges.has(one)));
    element.classList.toggle("near", name !== undefined && name !== null && (arrow.pre === name || arrow.post === name));
  }
}
