// Elements: text in them is always text, whatever it holds.
import terms from "./terms.js";

// el("div.card", {title}, child, "text"), where attributes may be left out
export function el(tag, ...parts) {
  const [attributes, children] = parted(parts);
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "style") Object.assign(element.style, value);
    else if (key === "vars") Object.entries(value).forEach(([k, v]) => element.style.setProperty(k, v));
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...present(children));
  return element;
}

// Children may be lists, and what a condition leaves out of them is null, undefined or false.
const present = (children) => children.flat(Infinity).filter((child) => child != null && child !== false);

const isPlain = (part) => part != null && Object.getPrototypeOf(part) === Object.prototype;
const parted = ([first, ...rest]) => (isPlain(first) ? [first, rest] : [{}, [first, ...rest]]);

const SVG = "http://www.w3.org/2000/svg";
export function svg(tag, ...parts) {
  const [attributes, children] = parted(parts);
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...present(children));
  return element;
}

// Text with a sentence that explains it, on hover and on focus.
export const explained = (sentence, ...text) =>
  sentence
    ? el("span.isra-term", { tabindex: "0", "data-tip": sentence, "aria-description": sentence }, text)
    : el("span", text);

// A term of the glossary.
export const term = (key, ...text) => explained(terms[key], ...text);

// A gallery image: a tile of the sprite, as a background, so that a hundred of them cost one request.
// Rows without a picture share the tile after the last one that has one.
export function thumb(row, sprites, size) {
  const tile = Math.min(row, sprites.pictures);
  const file = Math.floor(tile / sprites.perFile);
  const place = tile % sprites.perFile;
  const [left, top] = [(place % sprites.columns) * size, Math.floor(place / sprites.columns) * size];
  return el("span.isra-thumb", {
    style: {
      width: `${size}px`,
      height: `${size}px`,
      backgroundImage: `url("${sprites.urls[file]}")`,
      backgroundSize: `${sprites.columns * size}px auto`,
      backgroundPosition: `-${left}px -${top}px`,
    },
  });
}

export const domainMark = (domain) =>
  svg(
    "svg",
    { viewBox: "0 0 12 12", class: `isra-mark ${domain}`, "aria-hidden": "true" },
    domain === "source" ? svg("circle", { cx: 6, cy: 6, r: 5 }) : svg("path", { d: "M6 1 L11.5 11 L0.5 11 Z" }),
  );

// A button that stands back; `more` is what else it has for attributes.
export const quiet = (text, onclick, more) => el("button.isra-quiet", { type: "button", ...more, onclick }, text);

// A table whose lines are `rows`.
export function tableOf(heads, rows, attributes = {}) {
  const head = heads.map((text) => el("th", { scope: "col" }, text));
  return el("table", attributes, el("thead", el("tr", head)), el("tbody", rows));
}

// A choice from a list of [value, text]; the one that is `current` is selected.
export function choiceOf(label, options, current, change, more) {
  const option = ([value, text]) => el("option", { value, selected: value === current }, text);
  const onchange = (event) => change(event.target.value);
  return el("select", { "aria-label": label, ...more, onchange }, options.map(option));
}

// A choice of one among a few: `options` are {key, text, about}; the one that is `current` is pressed.
export function segments(label, options, current, choose) {
  const press = (key) => (event) => {
    const buttons = event.currentTarget.parentElement.querySelectorAll("button");
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button === event.currentTarget)));
    choose(key);
  };
  const button = ({ key, text, about }) => {
    const state = { "data-key": key, "data-tip": about || null, "aria-pressed": String(key === current) };
    return el("button", { type: "button", ...state, onclick: press(key) }, text);
  };
  return el("div.isra-segments", { role: "group", "aria-label": label }, options.map(button));
}

// Draws a panel anew without taking the focus from the choice that the visitor made in it, named by `data-key`.
export function redraw(element, ...children) {
  const key = element.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  element.replaceChildren(...present(children));
  if (key) element.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}
