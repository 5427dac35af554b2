// What the browser does for every panel: downloads, the clipboard, waiting, and the theme.
import { el } from "./dom.js";

export function download(name, href) {
  const link = el("a", { href, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}

export async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el("textarea", text);
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
const waiting = new Map();
export function debounce(key, delay, action) {
  clearTimeout(waiting.get(key));
  waiting.set(key, setTimeout(action, delay));
}

// What the browser keeps for the next visit; a private window may keep nothing.
export function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
export function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // It lasts as long as the page.
  }
}

export const isDark = () => document.body.classList.contains("dark");
