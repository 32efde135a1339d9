// The plots: Bokeh figures over one range of time. What they show is made here, for the window in view, from what the
// content stores: every sample where there is room, else the least and greatest of each pixel column.

const plots = {document: null, time: null, whole: [0, 1], NDArray: null, stored: new Map()};
const COLUMNS = 1200, STROKES = 8000;
const CHANNELS = [
  "#3d7fc1", "#d97a1e", "#2f9e77", "#c2528b", "#8a6fd1", "#a08a1f", "#4aa8c9", "#d0543f", "#6f7f2c", "#9a6a4f", "#5b6ee1",
  "#7d7d86",
];

function model(name) {
  return plots.document.get_model_by_name(name);
}

// Sections with a heading each; the figures' places move into them.
function layPlots() {
  const roots = [...document.querySelectorAll("#roots .root")];
  const list = byId("plots");
  content.signals.forEach((one, k) => {
    const root = roots[k], what = (content.layers[one.owner] || {}).class || "";
    const kind = one.form === "events" || one.form === "counts" ? "events" : "continuous";
    const count = `${one.channels} channel${one.channels === 1 ? "" : "s"}`;
    const facts = [what, count, kind, one.units].filter((text) => text).join(", ");
    const leads = {type: "button", class: "link", dir: "auto", onclick: () => go(one.owner)};
    const title = make("h3", {}, make("button", leads, one.name), make("small", {}, facts));
    if (one.note) title.append(make("small", {class: "note"}, one.note));
    if (one.form === "lines") {
      const colours = make("span", {class: "channels", "aria-label": one.channels > 1 ? "Colours of channels" : null});
      for (let c = 0; c < one.channels; c++) {
        const colour = {style: `color: ${CHANNELS[c % CHANNELS.length]}`};
        colours.append(make("span", colour, one.channels > 1 ? String(c) : ""));
      }
      title.append(colours);
    }
    if (one.form === "image" && !one.live) title.append(scale(one));
    const plot = make("div", {class: "plot", role: "img", "aria-label": `${one.name}: ${facts}, over time`});
    plot.append(root);
    list.append(make("article", {"data-signal": one.name, "data-owner": one.owner}, title, plot));
  });
  byId("axis").append(roots[content.signals.length]);
  byId("weights-plot").append(roots[content.signals.length + 1]);
  list.addEventListener("dblclick", () => setTime(...plots.whole));
  byId("signals").hidden = !content.signals.length;
  document.body.classList.toggle("with-signals", content.signals.length > 0);
}

// What the colours of an image mean: its least and greatest, and the colours between.
function scale(one) {
  const word = (value) => Number(value.toPrecision(3)).toString().replace("-", "−");
  const label = `Colours from ${word(one.low)} to ${word(one.high)} ${one.units}`;
  const look = {class: "scale", role: "img", "aria-label": label, title: label};
  return make("span", look, word(one.low), make("span", {class: "ramp"}), word(one.high));
}

function openPlots(made) {
  plots.document = made;
  plots.NDArray = model("weights-cells").data.image[0].constructor;
  plots.time = model("time");
  plots.whole = [plots.time.start, plots.time.end];
  for (const one of content.signals) {
    if (one.live) continue;
    plots.stored.set(one.name, unpack(one));
    if (one.form === "image") model(`shades:${one.name}`).setv({low: one.low, high: one.high});
  }
  let asked = false;
  const follow = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; drawSignals(); });
  };
  for (const property of [plots.time.properties.start, plots.time.properties.end]) property.change.connect(follow);
  drawSignals();
}

function unpack(one) {
  const f4 = (text) => numbers(text, Float32Array);
  const times = one.times && numbers(one.times, Float64Array);
  if (one.form === "lines") return {low: f4(one.low), high: one.high ? f4(one.high) : null, times};
  if (one.form === "image") return {cells: numbers(one.data, Uint8Array), times};
  if (one.form === "counts") return {cells: numbers(one.data, Uint16Array)};
  return {times, channel: numbers(one.channel, Uint32Array)};
}

// The first index whose value is greater than (or, with equal, not less than) x.
function first(sorted, x, equal) {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (equal ? sorted[middle] < x : sorted[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

function drawSignals() {
  const {start, end} = plots.time;
  for (const one of content.signals) {
    const stored = plots.stored.get(one.name);
    if (!stored) continue;
    const source = model(`columns:${one.name}`), cells = model(`cells:${one.name}`);
    if (one.form === "lines") {
      source.data = lines(one, stored, start, end);
      reach(model(`signal:${one.name}`).y_range, source.data, one.channels);
    }
    else if (one.form === "image") cells.data = image(one, stored, start, end);
    else if (one.form === "counts") cells.data = counts(one, stored, start, end);
    else [source.data, cells.data] = events(one, stored, start, end);
  }
  byId("span").textContent = `${duration(start)} to ${duration(end)}`;
}

// When column i begins; the one after the last begins where the signal stops.
function begins(one, stored, i) {
  if (i >= one.count) return one.stop;
  return stored.times ? stored.times[i] : one.start + i * one.step;
}

function window_(one, stored, start, end) {
  if (!one.count) return [0, 0];
  const from = stored.times ? first(stored.times, start) - 1 : Math.floor((start - one.start) / one.step);
  const to = stored.times ? first(stored.times, end) + 1 : Math.ceil((end - one.start) / one.step) + 1;
  return [Math.min(Math.max(from, 0), one.count), Math.max(Math.min(to, one.count), 0)];
}

function lines(one, stored, start, end) {
  const [from, to] = window_(one, stored, start, end), count = Math.max(to - from, 0);
  const steps = count <= COLUMNS && !stored.high;
  const per = steps ? 1 : Math.max(1, Math.ceil(count / COLUMNS)), columns = Math.ceil(count / per);
  const x = new Float64Array(2 * columns), data = {x};
  for (let j = 0; j < columns; j++) {
    x[2 * j] = begins(one, stored, from + j * per);
    x[2 * j + 1] = steps || stored.high ? begins(one, stored, Math.min(from + (j + 1) * per, to)) : x[2 * j];
  }
  for (let c = 0; c < one.channels; c++) {
    const y = new Float64Array(2 * columns), row = c * one.count;
    for (let j = 0; j < columns; j++) {
      let low = Infinity, high = -Infinity;
      const stop = Math.min(from + (j + 1) * per, to);
      for (let i = from + j * per; i < stop; i++) {
        const least = stored.low[row + i], most = stored.high ? stored.high[row + i] : least;
        if (least < low) low = least;
        if (most > high) high = most;
      }
      y[2 * j] = low === Infinity ? NaN : low;
      y[2 * j + 1] = high === -Infinity ? NaN : high;
    }
    data[`y${c}`] = y;
  }
  return data;
}

// The vertical axis holds what is in view, and a little more.
function reach(range, data, channels) {
  let low = Infinity, high = -Infinity;
  for (let c = 0; c < channels; c++) {
    for (const value of data[`y${c}`]) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (low > high) return;
  const more = (high - low) * 0.08 || Math.abs(high) * 0.08 || 1;
  range.setv({start: low - more, end: high + more});
}

function cellsOf(values, rows, columns, x, width, height) {
  return {image: [new plots.NDArray(values, [rows, columns])], x: [x], y: [-0.5], dw: [width], dh: [height]};
}

function noCells() {
  return {image: [new plots.NDArray(new Float32Array([NaN]), [1, 1])], x: [0], y: [0], dw: [0], dh: [0]};
}

function image(one, stored, start, end) {
  const [from, to] = window_(one, stored, start, end), count = to - from;
  if (count <= 0) return noCells();
  const per = Math.max(1, Math.ceil(count / COLUMNS)), columns = Math.ceil(count / per);
  const values = new Float32Array(one.rows * columns), unit = (one.high - one.low) / 254;
  for (let r = 0; r < one.rows; r++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0, seen = 0;
      for (let i = from + j * per; i < Math.min(from + (j + 1) * per, to); i++) {
        const shade = stored.cells[r * one.count + i];
        if (shade !== 255) { sum += shade; seen++; }
      }
      values[r * columns + j] = seen ? one.low + sum / seen * unit : NaN;
    }
  }
  const left = begins(one, stored, from);
  return cellsOf(values, one.rows, columns, left, begins(one, stored, from + columns * per) - left, one.rows * one.group);
}

function counts(one, stored, start, end) {
  const [from, to] = window_(one, stored, start, end), count = to - from;
  if (count <= 0) return noCells();
  const per = Math.max(1, Math.ceil(count / (COLUMNS / 2))), columns = Math.ceil(count / per);
  const values = new Float32Array(one.rows * columns);
  for (let r = 0; r < one.rows; r++) {
    for (let i = from; i < to; i++) values[r * columns + Math.floor((i - from) / per)] += stored.cells[r * one.count + i];
  }
  const left = one.start + from * one.step;
  return cellsOf(shaded(values), one.rows, columns, left, columns * per * one.step, one.rows * one.group);
}

function shaded(values) {
  return values.map((value) => (value > 0 ? value : NaN));
}

function events(one, stored, start, end) {
  const from = first(stored.times, start, true), to = first(stored.times, end);
  if (to - from <= STROKES) return [{x: stored.times.slice(from, to), channel: stored.channel.slice(from, to)}, noCells()];
  const group = Math.ceil(one.channels / 256), rows = Math.ceil(one.channels / group), columns = COLUMNS / 2;
  const values = new Float32Array(rows * columns), factor = columns / (end - start);
  for (let i = from; i < to; i++) {
    const column = Math.min(columns - 1, Math.floor((stored.times[i] - start) * factor));
    values[Math.floor(stored.channel[i] / group) * columns + column]++;
  }
  return [{x: [], channel: []}, cellsOf(shaded(values), rows, columns, start, end - start, rows * group)];
}

// ---------------------------------------------------------------------- the time axis

function zoomTime(factor) {
  const {start, end} = plots.time, middle = (start + end) / 2, half = (end - start) / 2 * factor;
  setTime(middle - half, middle + half);
}

function moveTime(share) {
  const {start, end} = plots.time, by = (end - start) * share;
  setTime(start + by, end + by);
}

function setTime(start, end) {
  if (end - start > 1e-9 * Math.max(1, Math.abs(end))) plots.time.setv({start, end});
}

function scrollToSignal(name, focus) {
  const found = [...byId("plots").children].find((one) => one.dataset.signal === name);
  if (!found) return;
  found.scrollIntoView({block: "nearest"});
  if (focus) found.querySelector("button").focus();
}

function markSignals(owner) {
  const only = byId("only").checked && content.signals.some((one) => one.owner === owner);
  for (const one of byId("plots").children) {
    one.classList.toggle("selected", one.dataset.owner === owner);
    one.hidden = only && one.dataset.owner !== owner;
  }
  const first_ = content.signals.find((one) => one.owner === owner);
  if (first_) scrollToSignal(first_.name, false);
}
