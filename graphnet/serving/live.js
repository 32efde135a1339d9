// A live run: its state, its buttons, other values for parameters. The server sends pictures; each is told to be drawn
// before the next one comes, so that a slow page gets fewer of them and never late ones.

const live = {told: null, drawn: null, asked: null, now: {}, number: 0, waiting: new Map(), pictures: 0, parameter: new Map(), seen: new Set()};
const SPEEDS = [0.01, 0.1, 0.25, 0.5, 1, 2, 5, 10, 100], WINDOWS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60];
const LIVE_WORDS = {
  starting: "Getting ready", running: "Running", paused: "Paused", ended: "Ended", failed: "Stopped by an error",
  stopped: "The server has ended the run", lost: "The server does not answer any more",
};

// Ask for something; the answer says why it is refused, or nothing.
function wish(what, answered) {
  const number = ++live.number;
  if (answered) live.waiting.set(number, answered);
  live.asked.data = {json: [JSON.stringify({...what, number})]};
}

function liveError(text) {
  byId("live-error").textContent = text || "";
  byId("live-error").hidden = !text;
}

function choices(id, label, values, wordsOf, action) {
  const options = values.map((one) => make("option", {value: one}, wordsOf(one)));
  const field = make("select", {id, onchange: (event) => action(event.target.value)}, ...options);
  return liveField(label, field);
}

function liveTools() {
  const run = make("button", {type: "button", id: "live-run", onclick: () => {
    wish({do: live.now.state === "running" ? "pause" : "go on"}, liveError);
  }}, "Pause");
  const anew = make("button", {type: "button", id: "live-restart", title: "Begin anew with these parameters", onclick: () => wish({do: "restart"}, liveError)}, "Restart");
  const number = (text) => (text === "max" ? "max" : Number(text));
  const speed = choices("live-speed", "Speed", [...SPEEDS, "max"], (one) => (one === "max" ? "as fast as it can" : `${one} ×`),
    (text) => wish({do: "speed", value: number(text)}, liveError));
  const width = choices("live-window", "Shows", WINDOWS, duration, (text) => wish({do: "window", value: Number(text)}, liveError));
  const trial = choices("live-trial", "Trial", [], String, (text) => wish({do: "trial", value: Number(text)}, liveError));
  trial.hidden = true;
  const lamp = make("span", {id: "live-lamp", "aria-hidden": true});
  byId("live").replaceChildren(
    make("div", {class: "live-tools", role: "toolbar", "aria-label": "Live run"}, run, anew, trial, speed, width,
      make("p", {id: "live-state"}, lamp, make("strong", {id: "live-word"}), make("span", {id: "live-doing", dir: "auto"}), make("output", {id: "live-time", "aria-label": "Simulated time"}), make("span", {id: "live-reached"}))),
    make("p", {id: "live-late", role: "status", hidden: true}),
    make("p", {id: "live-error", role: "alert", hidden: true, dir: "auto"}),
    make("div", {id: "live-changes", hidden: true}),
  );
  byId("told").after(make("div", {id: "live-facts"}));
}

function liveSay(now) {
  const state = Object.hasOwn(LIVE_WORDS, now.state) ? now.state : "failed";
  document.body.dataset.live = state;
  const set = (id, text) => { if (byId(id).textContent !== text) byId(id).textContent = text; };
  set("live-word", LIVE_WORDS[state]);
  set("live-doing", live.trials ? "" : now.doing || "");  // the choice of trials says it
  const end = now.until === null ? "" : ` of ${duration(now.until)}`;
  set("live-time", state === "starting" ? "" : `${(now.time || 0).toFixed(now.window < 1 ? 3 : 2)} s${end}`);
  set("live-reached", now.reached ? `${Number(now.reached.toPrecision(2))} × real time` : "");
  const run = byId("live-run");
  set("live-run", state === "running" || state === "starting" ? "Pause" : "Go on");
  run.disabled = state === "starting" || state === "stopped" || state === "lost" || (state === "ended" && !now.goesOn);
  run.title = state === "ended" && now.goesOn ? "Go on behind the end of the run" : "";
  byId("live-restart").disabled = ["starting", "stopped", "lost"].includes(state);
  chosen("live-speed", now.speed === null ? "max" : now.speed, (one) => `${one} ×`);
  chosen("live-window", now.window, duration);
  const late = [];
  if (now.behind > 0) late.push(`Falls behind: ${duration(Number(now.behind.toPrecision(2)))} of simulated time by now${now.reached ? `; it reaches ${Number(now.reached.toPrecision(2))} × of the ${now.speed} × that are asked for` : ""}.`);
  if (now.left > 0.2 && now.drawn < 10) late.push(`This page draws ${Number(now.drawn.toPrecision(2))} pictures a second; ${Math.round(100 * now.left)}% are left out.`);
  set("live-late", late.join(" "));
  byId("live-late").hidden = !late.length;
  if (state === "failed" && now.error) liveError(now.error);
  else if (live.failed && state !== "failed") liveError("");
  live.failed = state === "failed";
}

// The trials, once they are known: one leads to each.
function liveTrials(now) {
  const field = byId("live-trial");
  if (now.legs && now.legs.length > 1) {
    field.replaceChildren(...now.legs.map((called, number) => make("option", {value: number}, called.replace(/^trial (\d+) of \d+/, "$1"))));
    field.parentElement.hidden = false;
    live.trials = true;
  }
  if (document.activeElement !== field && field.value !== String(now.trial)) field.value = String(now.trial);
}

// Show a value in a list of choices, which gets it where it lacks it.
function chosen(id, value, wordsOf) {
  const field = byId(id), text = String(value);
  if (!value || document.activeElement === field) return;
  if (![...field.options].some((one) => one.value === text)) field.append(make("option", {value: text}, wordsOf(value)));
  if (field.value !== text) field.value = text;
}

function liveChanges(changes) {
  const key = JSON.stringify(changes);
  if (key === live.changes) return;
  live.changes = key;
  const shown = changes.map(([layer, parameter, text, before]) => make("li", {}, make("bdi", {}, `${layer}.${parameter} = ${text}`), make("small", {}, `was ${before}`)));
  const undo = make("button", {type: "button", id: "live-undo", onclick: () => wish({do: "restart", written: true}, liveError)}, "Restart as written");
  byId("live-changes").replaceChildren(make("strong", {}, "Changed"), make("ul", {}, ...shown), undo);
  byId("live-changes").hidden = !changes.length;
}

// ---------------------------------------------------------------------- parameters of the selected layer

function isPlain(value) {
  return /^[-+\w.]+( [^\s;,]+)?$/.test(value) && value !== "none";
}

function liveField(label, field) {
  return make("div", {class: "field"}, make("label", {for: field.id}, label), field);
}

function liveFacts() {
  const name = selected && selected.name, rows = ((content.layers[name] || {}).parameters || []);
  if (!rows.length || !live.asked) {
    byId("live-facts").replaceChildren();
    return;
  }
  const hidden = live.shown && !live.shown.includes(name) && content.layers[name].kind !== "port";
  const shows = make("button", {type: "button", id: "live-show", onclick: () => wish({do: "show", name}, liveError)}, "Show its signal");
  const which = make("select", {id: "live-parameter"}, ...rows.map(([one]) => make("option", {value: one}, one)));
  const before = rows.find(([one]) => one === live.parameter.get(name)) || rows.find(([one, value]) => /^[-\d].* /.test(value) && isPlain(value) && one !== "dt") || rows[0];
  which.value = before[0];
  const field = make("input", {id: "live-value", type: "text", autocomplete: "off", spellcheck: "false", "aria-describedby": "live-refused", placeholder: "e.g. 10 ms"});
  const refused = make("p", {id: "live-refused", role: "alert", dir: "auto", hidden: true});
  const done = make("p", {id: "live-done", role: "status", class: "soft"});
  const ask = (event) => {
    event.preventDefault();
    const parameter = which.value, text = field.value;
    wish({do: "change", layer: name, parameter, text}, (error) => {
      refused.textContent = error || "";
      refused.hidden = !error;
      field.setAttribute("aria-invalid", Boolean(error));
      done.textContent = error ? "" : `${parameter} = ${text} from now on`;
    });
  };
  which.addEventListener("change", () => { live.parameter.set(name, which.value); now(); });
  const now = () => {
    const changed = (live.now.changes || []).find(([layer, parameter]) => layer === name && parameter === which.value);
    const row = rows.find(([one]) => one === which.value);
    field.value = changed ? changed[2] : !isPlain(row[1]) ? "" : row[2] ? `${row[1]} ${row[2]}` : row[1];
  };
  now();
  const form = make("form", {class: "live-form", onsubmit: ask, "aria-label": `Change a parameter of ${name}`},
    make("h3", {}, "Change while it runs"), liveField("Parameter", which), liveField("New value", field), make("button", {type: "submit", id: "live-set"}, "Set"), refused, done);
  byId("live-facts").replaceChildren(...(hidden ? [form, make("p", {}, shows)] : [form]));
}

// ---------------------------------------------------------------------- pictures

function livePaint() {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const mix = (one, other, share) => `color-mix(in srgb, ${one} ${Math.round(100 * share)}%, ${other})`;
  const [event, ink] = [colour("events"), colour("ink")];
  const canvas = make("canvas", {width: 1, height: 1}), pen = canvas.getContext("2d", {willReadFrequently: true});
  const plain = (text) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = text;
    pen.fillRect(0, 0, 1, 1);
    return "#" + [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)].map((one) => one.toString(16).padStart(2, "0")).join("");
  };
  const palette = Array.from({length: 64}, (_, i) => plain(mix(ink, event, 0.75 * i / 63)));
  for (const one of content.signals) {
    const shades = model(`shades:${one.name}`);
    if (!shades) continue;
    if (one.form === "lines") continue;
    const image = one.form === "image";
    shades.setv({low: image ? 0 : 1, high: 254, low_color: "rgba(0, 0, 0, 0)", high_color: "rgba(0, 0, 0, 0)", ...(image ? {} : {palette})});
  }
}

function liveNumbers(now) {
  for (const article of byId("plots").children) {
    const name = article.dataset.signal;
    let text = "";
    if (Object.hasOwn(now.rates, name)) text = `${Number(now.rates[name].toPrecision(3))} Hz per channel`;
    else if (Object.hasOwn(now.scales, name)) text = now.scales[name].map((one) => Number(one.toPrecision(3))).join(" to ");
    let shown = article.querySelector(".live-number");
    if (!shown) article.querySelector("h3").append(shown = make("small", {class: "live-number"}));
    if (shown.textContent !== text) shown.textContent = text;
  }
}

function liveTold() {
  const now = JSON.parse(live.told.data.json[0]);
  if (!now.number) return;
  live.now = now;
  for (const {number, error} of now.answers) {
    const answered = live.waiting.get(number);
    live.waiting.delete(number);
    if (answered) answered(error);
  }
  liveSay(now);
  liveTrials(now);
  liveChanges(now.changes);
  if (now.shown.length && JSON.stringify(now.shown) !== JSON.stringify(live.shown || (live.shown = now.shown))) location.reload();
  liveNumbers(now);
  const still = now.state !== "running" && live.still;
  if (!still && now.window) setTime(now.start, now.start + now.window);
  live.still = now.state !== "running";
  requestAnimationFrame(() => setTimeout(() => {
    live.pictures += 1;
    document.body.dataset.pictures = live.pictures;
    live.drawn.data = {json: [JSON.stringify({number: now.number, seen: [...live.seen]})]};
  }));
}

// Which signals can be seen: the others need not be sent.
function liveLook() {
  const look = new IntersectionObserver((entries) => {
    for (const {target, isIntersecting} of entries) live.seen[isIntersecting ? "add" : "delete"](target.dataset.signal);
  }, {rootMargin: "100px"});
  for (const article of byId("plots").children) look.observe(article);
}

async function liveBegin() {
  liveTools();
  while (document.body.dataset.ready !== "yes") await new Promise((done) => setTimeout(done, 30));
  for (const name of ["told", "drawn", "asked"]) live[name] = model(`live:${name}`);
  livePaint();
  liveLook();
  new MutationObserver(liveFacts).observe(byId("told"), {childList: true});
  new MutationObserver(livePaint).observe(document.documentElement, {attributeFilter: ["data-theme"]});
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", livePaint);
  plots.document.on_event && plots.document.on_event("connection_lost", () => liveSay({...live.now, state: "lost", reached: null, behind: 0, left: 0}));
  live.told.properties.data.change.connect(liveTold);
  liveFacts();
  liveTold();
}

liveBegin();
