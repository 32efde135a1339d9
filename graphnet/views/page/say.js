"use strict";
// Words and elements. Whatever comes from a document passes through here as text, never as markup.

const content = JSON.parse(document.getElementById("content-json").textContent);
const SVG = "http://www.w3.org/2000/svg";
const MATH = "http://www.w3.org/1998/Math/MathML";
const INSIDE = {math: MATH};

function byId(id) {
  return document.getElementById(id);
}

// An element with attributes and children; a child that is no element becomes text.
function make(tag, attributes, ...children) {
  const [space, name] = tag.includes(":") ? tag.split(":") : ["", tag];
  const where = space === "svg" ? SVG : INSIDE[space];
  const made = where ? document.createElementNS(where, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, String(value));
  }
  made.append(...children.filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

function say(text) {
  byId("status").textContent = text;
}

function button(text, label, action, extra) {
  return make("button", {type: "button", "aria-label": label, title: label, onclick: action, ...extra}, text);
}

// A button that leads to a layer or an input; names may be written in any direction.
function link(name, text) {
  const look = {type: "button", class: "link", dir: "auto", "data-go": name, onclick: () => go(name)};
  return make("button", look, text || name);
}

const MATHS = {i: "mi", n: "mn", o: "mo", t: "mtext", sub: "msub", sup: "msup", frac: "mfrac", row: "mrow"};

function mathematics(node) {
  const [kind, ...rest] = node;
  if (!(kind in MATHS)) return make("math:mtext", {}, String(rest));
  const look = kind === "o" ? {stretchy: "false"} : {};
  return make("math:" + MATHS[kind], look, ...rest.map((one) => (Array.isArray(one) ? mathematics(one) : one)));
}

function equation(tree, plain) {
  const look = {display: "block", alttext: plain};
  return make("div", {class: "equation", title: plain}, make("math:math", look, mathematics(tree)));
}

// Base64 of little-endian numbers.
function numbers(text, Kind) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new Kind(bytes.buffer);
}

function duration(seconds) {
  const size = Math.abs(seconds);
  const units = [[1, "s"], [1e3, "ms"], [1e6, "µs"], [1e9, "ns"]];
  const [factor, unit] = size === 0 ? units[0] : units.find(([one]) => size * one >= 1) || units[3];
  return `${Number((seconds * factor).toPrecision(5))} ${unit}`;
}

function outer(name) {
  const parts = name.split(".");
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join(".")).filter((path) => Object.hasOwn(content.groups, path));
}
