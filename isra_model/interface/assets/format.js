// Numbers and names as the page writes them.
export const words = (label) => label.replaceAll("_", " ");

export function percent(share) {
  if (share >= 0.9995) return "100 %";
  if (share < 0.0005) return "0 %";
  return `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
}

// A minus as long as the plus, and no sign before zero.
export function signed(value, digits = 2) {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : (value < 0 ? "−" : "+") + text;
}
