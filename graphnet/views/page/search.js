// Search: layers and inputs by name or class.

const search = {found: [], at: -1};

function lookFor(text) {
  const wanted = text.trim().toLowerCase();
  const score = (name) => {
    const low = name.toLowerCase(), kind = content.layers[name].class.toLowerCase();
    return low === wanted ? 0 : low.startsWith(wanted) ? 1 : low.includes(wanted) ? 2 : kind.includes(wanted) ? 3 : 4;
  };
  const names = wanted ? Object.keys(content.layers) : [];
  const scored = names.map((name) => [score(name), name]).filter(([one]) => one < 4);
  scored.sort((a, b) => a[0] - b[0]);
  search.found = scored.map(([, name]) => name);
  search.at = search.found.length ? 0 : -1;
  const take = (i) => (event) => { event.preventDefault(); choose(i); };
  const shown = search.found.slice(0, 30).map((name, i) => make(
    "li", {id: `found-${i}`, role: "option", "aria-selected": i === search.at, onmousedown: take(i)},
    make("bdi", {}, name), " ", make("small", {}, content.layers[name].class),
  ));
  const remark = {class: "soft", role: "option", "aria-disabled": true, "aria-selected": false};
  if (wanted && !shown.length) shown.push(make("li", remark, "no layer of that name or class"));
  if (search.found.length > 30) shown.push(make("li", remark, `and ${search.found.length - 30} more`));
  byId("found").replaceChildren(...shown);
  showFound(shown.length > 0);
  if (wanted) say(`${search.found.length} found`);
  for (const [name, {element}] of graph.boxes) element.classList.toggle("found", search.found.includes(name));
}

function showFound(visible) {
  byId("found").hidden = !visible;
  const field = byId("find");
  field.setAttribute("aria-expanded", visible);
  if (visible && search.at >= 0) field.setAttribute("aria-activedescendant", `found-${search.at}`);
  else field.removeAttribute("aria-activedescendant");
}

function choose(i) {
  const name = search.found[i];
  byId("find").value = "";
  lookFor("");
  if (name !== undefined) go(name);
}

function searchKey(event) {
  const most = Math.min(search.found.length, 30);
  if (event.key === "Enter" && search.at >= 0) choose(search.at);
  else if (event.key === "Escape") { byId("find").value = ""; lookFor(""); byId("find").blur(); }
  else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && most) {
    search.at = (search.at + (event.key === "ArrowDown" ? 1 : most - 1)) % most;
    [...byId("found").children].forEach((one, i) => one.setAttribute("aria-selected", i === search.at));
    byId("found").children[search.at].scrollIntoView({block: "nearest"});
    showFound(true);
  } else return;
  event.preventDefault();
  event.stopPropagation();
}
