// Draws where a topic arises over the image, in the browser: the server sends the small grid once, every control works on it here.
import { colour, ramp } from "./colours.js";
import { term } from "./dom.js";

const EDGE = 0.05; // a threshold with a soft edge of this width looks as smooth as the mask is
export const overlayStyle = { opacity: 0.75, threshold: 0.2, ramp: "magma", relative: false };

// Says so where pictures are not as they were brought.
export const framingNote = ({ framing }) => framing === "ink" && ["; ", term("framing", "framed as the model sees it")];

// The field (side x side) is rows · grid · columnsᵀ: the same smooth picture, with the same cell means, as Topic.mask.
export function field(grid, { side, rows, columns }) {
  const across = grid.map((line) =>
    columns.map((weights) => weights.reduce((sum, weight, c) => sum + weight * line[c], 0)),
  );
  const out = new Float32Array(side * side);
  for (let y = 0; y < side; y++)
    for (let r = 0; r < grid.length; r++) {
      const weight = rows[y][r];
      if (weight) for (let x = 0; x < side; x++) out[y * side + x] += weight * across[r][x];
    }
  return out;
}

export function overlays(value) {
  if (!value.picture || !value.topics.length) return null;
  const picture = new Image();
  const loaded = new Promise((resolve) => (picture.onload = resolve));
  picture.src = value.picture;
  const fields = new Map();
  const layer = document.createElement("canvas");
  layer.width = layer.height = value.spline.side;

  // `relative`: what this topic has beyond the mean of all living ones.
  function fieldOf(topic, relative) {
    const key = `${topic.index} ${relative}`;
    const beyond = (line, r) => line.map((cell, c) => cell - value.mean[r][c]);
    if (!fields.has(key)) fields.set(key, field(relative ? topic.grid.map(beyond) : topic.grid, value.spline));
    return fields.get(key);
  }

  function tint(topic, { opacity, threshold, ramp: name, relative }) {
    const values = fieldOf(topic, relative);
    const peak = values.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-12);
    const pen = layer.getContext("2d");
    const image = pen.createImageData(layer.width, layer.height);
    const signed = name === "signed";
    const shade = ramp(name);
    values.forEach((v, i) => {
      const share = v / peak;
      const size = signed ? Math.abs(share) : Math.max(share, 0);
      const edge = Math.min(Math.max((size - threshold) / EDGE, 0), 1);
      const rgb = shade(signed ? (share + 1) / 2 : size);
      image.data.set([...rgb, 255 * opacity * edge * (0.3 + 0.7 * size)], 4 * i);
    });
    pen.putImageData(image, 0, 0);
  }

  // Paints the image with the topic's overlay; what the network does not see is veiled.
  async function paint(canvas, topic, of = overlayStyle) {
    const chosen = { ...of };
    canvas.israTopic = topic.index;
    await loaded;
    if (canvas.israTopic !== topic.index) return;
    const pen = canvas.getContext("2d");
    const scale = Math.min(canvas.width / value.width, canvas.height / value.height);
    const [width, height] = [value.width * scale, value.height * scale];
    const [x, y] = [(canvas.width - width) / 2, (canvas.height - height) / 2];
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(picture, x, y, width, height);
    const [left, top, right, bottom] = value.box;
    const seen = [x + left * width, y + top * height, (right - left) * width, (bottom - top) * height];
    tint(topic, chosen);
    pen.drawImage(layer, ...seen);
    pen.fillStyle = colour("veil");
    pen.beginPath();
    pen.rect(x, y, width, height);
    pen.rect(...seen);
    pen.fill("evenodd");
  }
  return { paint };
}

// The feature mask M_j as stripes, one a feature: blue below zero, orange above.
export function drawStripes(canvas, topic) {
  const codes = Int8Array.from(atob(topic.stripe), (c) => c.charCodeAt(0));
  canvas.width = codes.length;
  canvas.height = 1;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(codes.length, 1);
  const shade = ramp("signed");
  codes.forEach((code, i) => image.data.set([...shade((127.5 + code) / 255), 255], 4 * i));
  pen.putImageData(image, 0, 0);
}
