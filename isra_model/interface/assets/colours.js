// The colours of the page, as its style sheet has them; where they are written is `figures/colours.py`.
export const colour = (name) => getComputedStyle(document.body).getPropertyValue(`--${name}`).trim();

export const RAMPS = ["magma", "viridis", "signed"];
const SHADES = 256;
const tables = new Map();
const rgb = (hex) => [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));

// Colours between `stops` ("#rrggbb"), `count` of them, as [r, g, b].
export function blend(stops, count = SHADES) {
  const anchors = stops.map(rgb);
  return Array.from({ length: count }, (_, i) => {
    const at = (i / (count - 1)) * (anchors.length - 1);
    const low = Math.min(Math.floor(at), anchors.length - 2);
    return anchors[low].map((c, k) => c + (at - low) * (anchors[low + 1][k] - c));
  });
}

// One of `RAMPS` as a function from a share, 0 to 1, to [r, g, b].
export function ramp(name) {
  if (!tables.has(name)) tables.set(name, blend(colour(`ramp-${name}`).split(/\s*,\s*/)));
  return (share) => tables.get(name)[Math.min(Math.max(Math.round((SHADES - 1) * share), 0), SHADES - 1)];
}

export const css = ([r, g, b]) => `rgb(${r | 0} ${g | 0} ${b | 0})`;
