// The page: what is selected, which sub-networks stand open, search, keys, and how all of it begins.

let selected = null;
const drawings = new Map(content.drawings.map((one) => [setKey(one.opened), one]));

function setKey(paths) {
  return JSON.stringify([...paths].sort());
}

function select(selection, quietly) {
  selected = selection;
  mark(selection);
  tell(selection);
  showWeights(selection && selection.name);
  if (plots.document) markSignals(selection && selection.name);
  if (!quietly) say(selection ? byId("told").querySelector("h2").textContent + " selected" : "Nothing is selected");
}

// Select a layer or input by name: open what it lies in, bring it into view, put the focus there.
async function go(name) {
  const needed = outer(name).filter((path) => graph.drawing && !graph.drawing.opened.includes(path));
  if (needed.length) await open([...graph.drawing.opened, ...needed], needed.at(-1), name);
  select({name});
  if (!graph.drawing || !graph.boxes.has(name)) return;
  activate(name);
  reveal(name);
  graph.boxes.get(name).element.focus({preventScroll: true});
}

async function toggle(path) {
  if (!graph.drawing) return;
  const now = graph.drawing.opened;
  if (now.includes(path)) await open(now.filter((one) => one !== path && !one.startsWith(path + ".")), null, path);
  else await open([...now, path, ...outer(path)], path, path);
  const found = graph.boxes.get(graph.active);
  if (found) found.element.focus({preventScroll: true});
}

// Show the drawing in which these sub-networks stand open, or the nearest one that this page holds.
async function open(paths, wanted, keep) {
  const set = [...new Set(paths)];
  let found = drawings.get(setKey(set));
  if (!found && content.served !== null) found = await ask(set);
  const exact = Boolean(found);
  if (!found) found = nearest(set, wanted);
  if (!found) return;
  show(found, keep);
  select(selected, true);
  const names = found.opened.length ? `Open: ${found.opened.join(", ")}` : "All sub-networks are closed";
  say(exact ? names : `${names}. This file holds no drawing with all of those open.`);
}

async function ask(set) {
  const query = new URLSearchParams(set.map((path) => ["open", path]));
  try {
    const answer = await fetch(`${content.served}/drawing?${query}`);
    if (!answer.ok) return null;
    const found = await answer.json();
    drawings.set(setKey(found.opened), found);
    return found;
  } catch (error) {
    say(`The server does not answer: ${error.message}`);
    return null;
  }
}

function nearest(set, wanted) {
  const far = (one) => set.filter((path) => !one.opened.includes(path)).length + one.opened.filter((path) => !set.includes(path)).length;
  const fitting = [...drawings.values()].filter((one) => !wanted || one.opened.includes(wanted));
  return fitting.sort((a, b) => far(a) - far(b))[0] || null;
}

// ---------------------------------------------------------------------- keys, light and dark

function pageKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  if (event.key === "/") byId("find").focus();
  else if (event.key === "t") switchTheme();
  else if (event.key === "Escape" && selected) {
    select(null);
    const found = graph.boxes.get(graph.active);
    if (found) found.element.focus({preventScroll: true});
  } else return;
  event.preventDefault();
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function switchTheme() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  paintPlots();
  say(isDark() ? "Dark" : "Light");
}

function legend() {
  const drawn = content.drawings.flatMap((one) => one.arrows), boxes = content.drawings.flatMap((one) => one.boxes);
  const entries = [["continuous", "continuous signal", "TSContinuous"], ["events", "events", "TSEvent"]];
  const kinds = entries.filter(([, , type]) => drawn.some((one) => one.type === type));
  const families = Object.keys(content.families).filter((family) => boxes.some((one) => one.family === family));
  const arrow = (kind) => make(
    "svg:svg", {width: 30, height: 10, class: `arrow ${kind}`, "aria-hidden": true},
    make("svg:path", {class: "way", d: "M1 5H22"}), make("svg:polygon", {points: "29,5 22,2.4 22,7.6"}),
  );
  const patch = (family) => make(
    "svg:svg", {width: 16, height: 12, class: `box family-${family}`, "aria-hidden": true},
    make("svg:rect", {class: "body", x: 1, y: 1, width: 14, height: 10, rx: 2}),
  );
  const shown = [
    ...kinds.map(([kind, words]) => make("li", {}, arrow(kind), words)),
    ...families.map((family) => make("li", {}, patch(family), content.families[family])),
  ];
  byId("legend").replaceChildren(...shown);
}

// ---------------------------------------------------------------------- the beginning

function wire() {
  const on = (id, action) => byId(id).addEventListener("click", action);
  on("zoom-in", () => zoom(1.25));
  on("zoom-out", () => zoom(0.8));
  on("fit", fit);
  on("open-all", () => open(Object.keys(content.groups), null, graph.active));
  on("close-all", () => open([], null, graph.active));
  on("close", () => select(null));
  on("theme", switchTheme);
  on("time-in", () => zoomTime(0.5));
  on("time-out", () => zoomTime(2));
  on("time-all", () => setTime(...plots.whole));
  on("earlier", () => moveTime(-0.5));
  on("later", () => moveTime(0.5));
  byId("only").addEventListener("change", () => markSignals(selected && selected.name));
  byId("find").addEventListener("input", (event) => lookFor(event.target.value));
  byId("find").addEventListener("keydown", searchKey);
  byId("find").addEventListener("blur", () => showFound(false));
  byId("graph").addEventListener("keydown", graphKey);
  document.addEventListener("keydown", pageKey);
  listenToPointer();
  for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", paintPlots);
  new ResizeObserver(() => { if (graph.drawing && !graph.moved) start(graph.active); }).observe(byId("canvas"));
}

// The document of Bokeh: in a file it stands in the page, from a server it comes by itself.
async function bokehDocument() {
  const file = byId("plots-json");
  if (file) {
    const {document: made, roots} = JSON.parse(file.textContent);
    const places = Object.fromEntries(roots.map(({id, elementid}) => [id, elementid]));
    await Bokeh.embed.embed_items({file: made}, [{docid: "file", roots: places, root_ids: roots.map(({id}) => id)}]);
  }
  for (;;) {
    const found = Bokeh.documents.find((one) => one.get_model_by_name("weights-cells"));
    if (found) return found;
    await new Promise((done) => setTimeout(done, 30));
  }
}

async function begin() {
  byId("title").textContent = content.title;
  byId("about").textContent = content.about.map(([, value], i) => (i === 1 ? `seed ${value}` : value)).slice(0, 2).join(" · ");
  byId("group-tools").hidden = !Object.keys(content.groups).length;
  layPlots();
  wire();
  legend();
  if (content.drawings.length) show(content.drawings[0]);
  else {
    byId("canvas").append(make("p", {class: "note"}, content.missing.join("; "), ". Search finds every layer."));
    for (const one of document.querySelectorAll("#graph .tools button")) one.disabled = true;
  }
  select(null, true);
  openPlots(await bokehDocument());
  paintPlots();
  if (selected) select(selected, true);
  document.body.dataset.ready = "yes";
}

begin();
