// Where on the page the visitor is, and the address that says so.
export function openTab(name) {
  const buttons = [...document.querySelectorAll('#isra-tabs [role="tab"]')];
  buttons.find((button) => button.textContent.trim() === name)?.click();
}

export function remember(key, value) {
  const address = new URL(window.location.href);
  if (value == null) address.searchParams.delete(key);
  else address.searchParams.set(key, value);
  window.history.replaceState(null, "", address);
}
