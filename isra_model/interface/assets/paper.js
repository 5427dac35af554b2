// Draws what stands in an element as an SVG, in vectors: its boxes, pictures and words, as they are laid out on paper.
import { svg } from "./dom.js";

const WIDTH = 1000; // CSS pixels in which a view is laid out, so that its 13 px are 6.6 points on 180 mm
const DRAWN = ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-size", "text-anchor"];
const SIDES = ["Top", "Right", "Bottom", "Left"];

// ---- colours and pictures, as programs read them that are no browser ----
function canvasOf(width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  return [canvas, canvas.getContext("2d", { willReadFrequently: true })];
}
const [, dot] = canvasOf(1, 1);
// A colour as the attributes of what has it; null where it is not seen.
function ink(kind, colour) {
  dot.clearRect(0, 0, 1, 1);
  dot.fillStyle = colour;
  dot.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = dot.getImageData(0, 0, 1, 1).data;
  return alpha ? { [kind]: `rgb(${red},${green},${blue})`, [`${kind}-opacity`]: (alpha / 255).toFixed(2) } : null;
}
const addressOf = (image) => image.match(/^url\("(.*)"\)$/)?.[1];
async function picturesOf(element) {
  const images = [...element.querySelectorAll("*")].map((node) => getComputedStyle(node).backgroundImage);
  const addresses = [...new Set(images.map(addressOf).filter(Boolean))];
  const load = async (src) => {
    const picture = Object.assign(new Image(), { src });
    await picture.decode();
    return [src, picture];
  };
  return new Map(await Promise.all(addresses.map(load)));
}
function tile(picture, style) {
  const scale = picture.naturalWidth / parseFloat(style.backgroundSize);
  const [width, height, left, top] = [
    ...[style.width, style.height],
    ...[style.backgroundPositionX, style.backgroundPositionY],
  ].map((length) => scale * parseFloat(length));
  const [canvas, pen] = canvasOf(width, height);
  pen.drawImage(picture, left, top);
  return canvas.toDataURL();
}
function copied(image) {
  const [canvas, pen] = canvasOf(image.naturalWidth, image.naturalHeight);
  pen.drawImage(image, 0, 0);
  return canvas.toDataURL();
}

// ---- boxes ----
// Stripes from the lower left to the upper right.
let patterns = 0;
function hatched(shape, image) {
  const [colour] = image.match(/rgb.*?\)/);
  const ends = [...image.matchAll(/([\d.]+)px/g)].map(([, end]) => end);
  const [thick, period] = [ends[1], ends.at(-1)];
  const id = `hatch-${(patterns += 1)}`;
  const all = { id, width: period, height: period, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" };
  const stripe = svg("rect", { width: thick, height: period, ...ink("fill", colour) });
  return [svg("pattern", all, stripe), svg("rect", { ...shape, fill: `url(#${id})` })];
}
// A line that is a background of one colour, e.g. zero in the middle of a bar.
function ruled({ x, y, width, height }, style) {
  const sized = (text, whole) => (text.endsWith("%") ? (parseFloat(text) / 100) * whole : parseFloat(text));
  const [w, h] = style.backgroundSize.split(" ").map((text, i) => sized(text, i ? height : width));
  const left = x + sized(style.backgroundPositionX, width - w);
  const top = y + sized(style.backgroundPositionY, height - h);
  return svg("rect", {
    x: left,
    y: top,
    width: w,
    height: h,
    ...ink("fill", style.backgroundImage.match(/rgb.*?\)/)[0]),
  });
}
function border(shape, style) {
  const edge = (side) => ({
    width: style[`border${side}Style`] === "none" ? 0 : parseFloat(style[`border${side}Width`]),
    colour: style[`border${side}Color`],
    dashed: style[`border${side}Style`] === "dashed",
  });
  const edges = SIDES.map(edge);
  const line = ({ width, colour, dashed }) => ({
    ...ink("stroke", colour),
    "stroke-width": width,
    "stroke-dasharray": dashed ? "4 3" : "none",
  });
  const { x, y, width, height, rx } = shape;
  const [first] = edges;
  if (first.width && edges.every((other) => other.width === first.width)) {
    const half = first.width / 2;
    const inner = { x: x + half, y: y + half, width: width - first.width, height: height - first.width };
    return svg("rect", { ...inner, rx: Math.max(rx - half, 0), fill: "none", ...line(first) });
  }
  const [right, bottom] = [x + width, y + height];
  const ends = [[x, y, right, y], [right, y, right, bottom], [x, bottom, right, bottom], [x, y, x, bottom]]; // prettier-ignore
  return edges.flatMap((one, i) => {
    const [x1, y1, x2, y2] = ends[i];
    return one.width ? svg("line", { x1, y1, x2, y2, ...line(one) }) : [];
  });
}
function box(node, style, place, pictures) {
  const { width, height } = place;
  const rx = Math.min(parseFloat(style.borderTopLeftRadius) * (style.borderTopLeftRadius.endsWith("%") ? 1e3 : 1), width / 2, height / 2); // prettier-ignore
  const shape = { ...place, rx };
  const parts = [];
  const ground = ink("fill", style.backgroundColor);
  if (ground) parts.push(svg("rect", { ...shape, ...ground }));
  const image = style.backgroundImage;
  if (image.startsWith("repeating")) parts.push(hatched(shape, image));
  else if (image.startsWith("linear")) parts.push(ruled(place, style));
  else if (pictures.has(addressOf(image)))
    parts.push(svg("image", { ...place, href: tile(pictures.get(addressOf(image)), style) }));
  if (node.tagName === "CANVAS")
    parts.push(svg("image", { ...place, href: node.toDataURL(), preserveAspectRatio: "none", style: `image-rendering: ${style.imageRendering}` })); // prettier-ignore
  if (node.tagName === "IMG") parts.push(svg("image", { ...place, href: copied(node) }));
  return [...parts, border(shape, style)];
}

// ---- words ----
const [, measure] = canvasOf(1, 1);
// `middle` is the height of the middle of the line.
function written(text, x, middle, style) {
  measure.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  const { fontBoundingBoxAscent: ascent, fontBoundingBoxDescent: descent } = measure.measureText(text);
  const font = { "font-size": style.fontSize, "font-weight": style.fontWeight, "font-style": style.fontStyle };
  return svg("text", { x, y: middle + (ascent - descent) / 2, ...font, ...ink("fill", style.color) }, text);
}
function lines(node, style, origin) {
  const found = [];
  const range = document.createRange();
  for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    const [place] = range.getClientRects();
    if (!place) continue;
    const last = found.at(-1);
    if (last && Math.abs(last.top - place.top) < 2) last.text += ` ${word}`;
    else found.push({ text: word, left: place.left, top: place.top, middle: place.top + place.height / 2 });
  }
  return found.map(({ text, left, middle }) => written(text, left - origin.left, middle - origin.top, style));
}
// What a field holds.
function filled(field, style, { x, y, height }) {
  const text = field.selectedOptions?.[0].text ?? field.value;
  return written(text, x + parseFloat(style.paddingLeft), y + height / 2, style);
}

// ---- everything in an element, what stands before what it covers ----
function drawing(node, { x, y, width, height }) {
  const copy = node.cloneNode(true);
  const originals = [node, ...node.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((part, i) => {
    const style = getComputedStyle(originals[i]);
    DRAWN.forEach((name) => part.setAttribute(name, style.getPropertyValue(name)));
  });
  for (const [name, value] of Object.entries({ x, y, width, height })) copy.setAttribute(name, value);
  return copy;
}
function partsOf(node, origin, pictures) {
  const style = getComputedStyle(node);
  if (style.display === "none" || style.visibility === "hidden") return [];
  const { left, top, width, height } = node.getBoundingClientRect();
  const place = { x: left - origin.left, y: top - origin.top, width, height };
  if (node instanceof SVGElement) return drawing(node, place);
  const parts = style.display === "contents" ? [] : [box(node, style, place, pictures)];
  if (/^(SELECT|INPUT)$/.test(node.tagName)) parts.push(filled(node, style, place));
  else
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) parts.push(lines(child, style, origin));
      if (child.nodeType === Node.ELEMENT_NODE) parts.push(partsOf(child, origin, pictures));
    }
  return style.opacity === "1" ? parts : svg("g", { opacity: style.opacity }, parts);
}

// The element is laid out for paper and read within one task: the visitor sees none of it.
function onPaper(element, read) {
  const isDark = document.body.classList.contains("dark");
  const { scrollX, scrollY } = window;
  document.body.classList.remove("dark");
  element.dataset.paper = "";
  element.style.width = `${WIDTH}px`;
  try {
    return read();
  } finally {
    element.style.width = "";
    delete element.dataset.paper;
    document.body.classList.toggle("dark", isDark);
    window.scrollTo(scrollX, scrollY);
  }
}

// `width` is that of the drawing.
export async function drawn(element, width) {
  const pictures = await picturesOf(element);
  return onPaper(element, () => {
    const origin = element.getBoundingClientRect();
    const size = { width, height: (origin.height * width) / origin.width };
    const seen = {
      viewBox: `0 0 ${origin.width} ${origin.height}`,
      "font-family": getComputedStyle(element).fontFamily,
    };
    return svg("svg", { ...size, ...seen }, partsOf(element, origin, pictures));
  });
}
