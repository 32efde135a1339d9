// The panel beside the graph: what is known of the selected layer, edge or sub-network.

function table(caption, rows, heads) {
  const made = make("table", {}, make("caption", {}, caption));
  if (heads) made.append(make("thead", {}, make("tr", {}, ...heads.map((one) => make("th", {scope: "col"}, one)))));
  const body = make("tbody", {});
  for (const [name, value, unit, remark] of rows) {
    const shown = unit ? `${value} ${unit}` : value;
    const said = make("td", {}, make("span", {dir: "auto"}, shown), remark ? make("small", {}, remark) : null);
    body.append(make("tr", {}, make("th", {scope: "row", dir: "auto"}, name), said));
  }
  made.append(body);
  return made;
}

function heading(name, kind, classes) {
  return make("h2", {dir: "auto", class: classes || ""}, name, " ", make("small", {}, kind));
}

function section(title, ...children) {
  return make("section", {}, make("h3", {}, title), ...children);
}

function edgeList(numbersOf) {
  return make("ul", {class: "edges"}, ...numbersOf.map((number) => {
    const edge = content.edges[number];
    const choose = {type: "button", class: "link", dir: "auto", onclick: () => select({edges: [number]})};
    return make("li", {}, make("button", choose, edge.text));
  }));
}

function inside(name) {
  const paths = outer(name);
  if (!paths.length) return null;
  const closing = (path) => button("close", `Close sub-network ${path}`, () => toggle(path));
  return make("p", {class: "soft"}, "in ", ...paths.flatMap((path) => [make("bdi", {}, path), " ", closing(path), " "]));
}

function layerFacts(name) {
  const facts = content.layers[name], about = content.classes[facts.about] || {};
  const parts = [heading(name, facts.class), inside(name) || ""];
  if (about.summary) parts.push(make("p", {}, about.summary));
  (about.equations || []).forEach((tree, i) => parts.push(equation(tree, about.plain[i])));
  parts.push(table("Sizes and clock", facts.rows.map(([what, value, remark]) => [what, value, "", remark])));
  parts.push(null);
  const into = [], out = [];
  content.edges.forEach((edge, number) => {
    if (edge.post === name) into.push(number);
    if (edge.pre === name) out.push(number);
  });
  if (into.length) parts.push(section(into.length === 1 ? "Edge in" : `${into.length} edges in`, edgeList(into.slice(0, 50))));
  if (out.length) parts.push(section(out.length === 1 ? "Edge out" : `${out.length} edges out`, edgeList(out.slice(0, 50))));
  const recorded = content.signals.filter((one) => one.owner === name);
  if (recorded.length) {
    const leads = (one) => ({type: "button", class: "link", dir: "auto", onclick: () => scrollToSignal(one.name, true)});
    const leading = (one) => make("button", leads(one), one.name);
    parts.push(section("Recorded", make("ul", {class: "edges"}, ...recorded.map((one) => make("li", {}, leading(one))))));
  }
  if ((facts.parameters || []).length) parts.push(table("Parameters", facts.parameters));
  if ((about.more || []).length) {
    const said = about.more.map((one) => make("p", {}, one.replaceAll("``", "")));
    parts.push(make("details", {}, make("summary", {}, "More about this class"), ...said));
  }
  if (about.source) parts.push(make("p", {class: "soft source"}, "Source: ", about.source));
  return parts;
}

function groupFacts(name) {
  const count = content.groups[name], open = graph.drawing !== null && graph.drawing.opened.includes(name);
  const label = `${open ? "Close" : "Open"} sub-network ${name}`;
  const members = Object.keys(content.layers).filter((one) => one.startsWith(name + "."));
  return [
    heading(name, "sub-network"), inside(name) || "",
    make("p", {}, `${count} layer${count === 1 ? "" : "s"} inside. `, button(open ? "Close" : "Open", label, () => toggle(name))),
    section("Inside", make("ul", {class: "edges"}, ...members.slice(0, 100).map((one) => make("li", {}, link(one))))),
    members.length > 100 ? make("p", {class: "soft"}, `and ${members.length - 100} more: search for them`) : "",
  ];
}

function edgeFacts(numbersOf) {
  if (numbersOf.length > 1) {
    return [heading(`${numbersOf.length} edges`, "shown as one"), edgeList(numbersOf.slice(0, 200))];
  }
  const edge = content.edges[numbersOf[0]];
  return [
    heading(edge.text, "edge"),
    make("p", {}, "from ", link(edge.pre), " to ", link(edge.post)),
    table("Edge", edge.rows.map(([what, value, remark]) => [what, value, "", remark])),
  ];
}

function overview() {
  const parts = [heading(content.title, "network"), table("Network", content.about.map(([what, value]) => [what, value, "", ""]))];
  const names = Object.keys(content.layers);
  const list = (found) => make("ul", {class: "edges"}, ...found.slice(0, 30).map((one) => make("li", {}, link(one))));
  const inputs = names.filter((one) => content.layers[one].kind === "input");
  const outputs = names.filter((one) => content.layers[one].output);
  if (inputs.length) parts.push(section("Inputs", list(inputs)));
  if (outputs.length) parts.push(section("Outputs", list(outputs)));
  for (const one of content.missing) parts.push(make("p", {class: "note"}, one));
  parts.push(make("p", {class: "soft"}, "Select a layer or an edge to read about it."));
  const keys = [
    ["Tab, arrows", "from box to box"], ["Enter", "select"], ["Esc", "close"], ["o", "open or close a sub-network"],
    ["+  −  0", "zoom in, out, whole graph"], ["/", "search"], ["t", "light or dark"],
  ];
  parts.push(make("details", {}, make("summary", {}, "Keys"), table("Keys", keys.map(([key, what]) => [key, what, "", ""]))));
  return parts;
}

function tell(selection) {
  let parts = overview();
  if (selection && selection.edges) parts = edgeFacts(selection.edges);
  else if (selection && Object.hasOwn(content.layers, selection.name)) parts = layerFacts(selection.name);
  else if (selection && Object.hasOwn(content.groups, selection.name)) parts = groupFacts(selection.name);
  const at = parts.includes(null) ? parts.indexOf(null) : parts.length;  // where the picture of weights stands
  byId("told").replaceChildren(...parts.slice(0, at));
  byId("told-more").replaceChildren(...parts.slice(at + 1));
  byId("close").hidden = !selection;
  byId("facts").scrollTop = 0;
}
