// What the signals are at the time under the pointer, beside the names of their channels.

function timeUnder(article, clientX) {
  const figure = model(`signal:${article.dataset.signal}`), view = Bokeh.index.find_one(figure);
  if (!view || !view.frame) return null;
  const at = clientX - view.el.getBoundingClientRect().left, {left, right} = view.frame.bbox;
  return at < left || at > right ? null : view.frame.x_scale.invert(at);
}

// The number of the column that holds a time, or -1.
function columnAt(one, stored, t) {
  if (t < one.start || t >= one.stop || !one.count) return -1;
  const i = stored.times ? first(stored.times, t) - 1 : Math.floor((t - one.start) / one.step + 1e-9);
  return Math.min(i, one.count - 1);
}

function valueAt(one, stored, c, i) {
  const word = (value) => (Number.isNaN(value) ? "none" : String(Number(value.toPrecision(4))).replace("-", "−"));
  const low = stored.low[c * one.count + i];
  return stored.high ? `${word(low)} to ${word(stored.high[c * one.count + i])}` : word(low);
}

function read(t) {
  for (const article of byId("plots").children) {
    const one = content.signals.find((signal) => signal.name === article.dataset.signal), stored = plots.stored.get(one.name);
    if (!stored || one.form !== "lines") continue;
    const i = t === null ? -1 : columnAt(one, stored, t);
    [...article.querySelectorAll(".channels span")].forEach((span, c) => {
      const label = one.channels > 1 ? String(c) : "";
      span.textContent = i < 0 ? label : `${label}${label ? ": " : ""}${valueAt(one, stored, c, i)}`;
    });
  }
  byId("at").textContent = t === null ? "" : `at ${duration(t)}`;
}

function listenToPointer() {
  let waiting = null;
  const later = (event) => {
    if (waiting === null) requestAnimationFrame(() => { const last = waiting; waiting = null; read(last()); });
    waiting = event;
  };
  byId("plots").addEventListener("pointermove", (event) => {
    const article = event.target.closest("article");
    if (article && plots.document) later(() => timeUnder(article, event.clientX));
  });
  byId("plots").addEventListener("pointerleave", () => later(() => null));
}
