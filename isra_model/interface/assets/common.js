// What every panel of the page shares. A panel is a function (context) => draw(value); `isra.start` connects it to Gradio.
window.isra = (() => {
  "use strict";
  const panels = {};
  const listeners = {};
  const waiting = new Map();

  // Panels talk to each other without the server: on("topic", ...) hears emit("topic", ...).
  const on = (name, listener) => (listeners[name] ??= []).push(listener);
  // A panel that was not yet there finds the last detail in `last`.
  const last = {};
  const emit = (name, detail) => {
    last[name] = detail;
    (listeners[name] ?? []).forEach((listener) => listener(detail));
  };

  // Faithfulness comes a few topics at a time, and may come late: what is known of an image is kept under its key.
  const scores = {};
  on("scores", (found) => Object.assign((scores[found.key] ??= {}), found.scores));
  const scoresOf = (key) => scores[key] ?? {};

  function start(name, context) {
    const draw = panels[name](context);
    const redraw = () => context.props.value != null && draw(context.props.value);
    context.watch("value", redraw);
    redraw();
  }

  // el("div.card", {title}, child, "text"): text is always text, whatever it holds.
  function el(tag, attributes = {}, ...children) {
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
    element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
    return element;
  }

  const SVG = "http://www.w3.org/2000/svg";
  function svg(tag, attributes = {}, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children.flat(Infinity));
    return element;
  }

  // A term with its one-sentence explanation, on hover and on focus.
  function term(key, ...text) {
    return el(
      "span.isra-term",
      { tabindex: "0", "data-tip": isra.terms[key] ?? "", "aria-description": isra.terms[key] ?? "" },
      text,
    );
  }

  // The same with an explanation that is not in the glossary.
  function explained(tip, ...text) {
    return el("span.isra-term", { tabindex: "0", "data-tip": tip, "aria-description": tip }, text);
  }

  // Which of the models that have topics they are of; nothing where there is no choice.
  function modelChoice({ key, model, models }, trigger) {
    const names = Object.keys(models);
    if (names.length < 2) return null;
    const button = (name) =>
      el(
        "button",
        {
          type: "button",
          "data-key": name,
          "aria-pressed": String(name === model),
          onclick: () => trigger("choose", { key, model: name }),
        },
        models[name],
      );
    return el("div.isra-segments", { role: "group", "aria-label": "Topics of" }, names.map(button));
  }

  const words = (label) => label.replaceAll("_", " ");
  const percent = (share) =>
    (share >= 0.9995 ? "100" : share < 0.0005 ? "0" : (100 * share).toFixed(share < 0.0995 ? 1 : 0)) + " %";
  function signed(value, digits = 2) {
    const text = Math.abs(value).toFixed(digits);
    return Number(text) === 0 ? text : (value < 0 ? "−" : "+") + text;
  }

  // A gallery image: a tile of the sprite, as a background, so that a hundred of them cost one request.
  function thumb(row, sprites, size) {
    const file = Math.floor(row / sprites.perFile);
    const place = row % sprites.perFile;
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

  const domainMark = (domain) =>
    svg(
      "svg",
      { viewBox: "0 0 12 12", class: `isra-mark ${domain}`, "aria-hidden": "true" },
      domain === "source" ? svg("circle", { cx: 6, cy: 6, r: 5 }) : svg("path", { d: "M6 1 L11.5 11 L0.5 11 Z" }),
    );

  function openTab(name) {
    const buttons = [...document.querySelectorAll('#isra-tabs [role="tab"]')];
    buttons.find((button) => button.textContent.trim() === name)?.click();
  }

  function remember(key, value) {
    const address = new URL(window.location.href);
    if (value == null) address.searchParams.delete(key);
    else address.searchParams.set(key, value);
    window.history.replaceState(null, "", address);
  }

  function download(name, href) {
    const link = el("a", { href, download: name });
    document.body.append(link);
    link.click();
    link.remove();
  }

  async function copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = el("textarea", {}, text);
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const label = button.textContent;
    button.textContent = "copied";
    setTimeout(() => (button.textContent = label), 1200);
  }

  // The same call again within `delay` ms replaces the first.
  function debounce(key, delay, action) {
    clearTimeout(waiting.get(key));
    waiting.set(key, setTimeout(action, delay));
  }

  // One tooltip for all terms; it never leaves the window.
  function tooltip() {
    const tip = el("div.isra-tip", { role: "tooltip", hidden: true });
    document.body.append(tip);
    const show = (event) => {
      const target = event.target.closest?.("[data-tip]");
      if (!target || !target.dataset.tip) return;
      tip.textContent = target.dataset.tip;
      tip.hidden = false;
      const box = target.getBoundingClientRect();
      const left = Math.min(Math.max(8, box.left), window.innerWidth - tip.offsetWidth - 8);
      const below = box.bottom + 8 + tip.offsetHeight < window.innerHeight;
      tip.style.left = `${left}px`;
      tip.style.top = `${below ? box.bottom + 8 : box.top - tip.offsetHeight - 8}px`;
    };
    const hide = () => (tip.hidden = true);
    document.addEventListener("mouseover", show);
    document.addEventListener("focusin", show);
    document.addEventListener("mouseout", hide);
    document.addEventListener("focusout", hide);
    document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  }
  document.addEventListener("DOMContentLoaded", tooltip);
  if (document.readyState !== "loading") tooltip();

  // Draws a panel anew without taking the focus from the choice that the visitor made in it, named by `data-key`.
  function redraw(element, ...children) {
    const key = element.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    element.replaceChildren(...children);
    if (key) element.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }

  const isDark = () => document.body.classList.contains("dark");
  // The server's way to speak to panels that may not be on the page yet.
  panels.bus = () => (value) => Object.entries(value).forEach(([name, detail]) => emit(name, detail));
  // Asks for another image. What was asked for last is a value that the server reads, so that it never answers an
  // older ask; each has a number, by which one is told from the next.
  panels.ask = ({ props, trigger }) => {
    let turn = 0;
    isra.ask = (what) => {
      props.value = { ...what, turn: ++turn };
      trigger("submit");
    };
    return () => {};
  };
  return {
    panels,
    terms: {},
    last,
    scoresOf,
    start,
    on,
    emit,
    el,
    svg,
    term,
    explained,
    modelChoice,
    words,
    percent,
    signed,
    thumb,
    domainMark,
    openTab,
    redraw,
    remember,
    download,
    copy,
    debounce,
    isDark,
  };
})();
