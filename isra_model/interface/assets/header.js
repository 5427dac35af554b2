// The name, what the page is, and the light / dark switch.
isra.panels.header = ({ element }) => {
  const { el } = isra;
  const moon = "Dark",
    sun = "Light";
  return (value) => {
    isra.tabs = value.tabs;
    const toggle = el("button.isra-quiet.isra-theme", {
      type: "button",
      "aria-label": "Switch between light and dark",
    });
    const label = () => (toggle.textContent = isra.isDark() ? sun : moon);
    toggle.addEventListener("click", () => {
      document.body.classList.toggle("dark");
      try {
        localStorage.setItem("isra-theme", isra.isDark() ? "dark" : "light");
      } catch {}
      label();
      isra.emit("theme");
    });
    try {
      const kept = localStorage.getItem("isra-theme");
      if (kept) document.body.classList.toggle("dark", kept === "dark");
    } catch {}
    label();
    document.querySelector("#isra-tabs")?.addEventListener("click", (event) => {
      const tab = event.target.closest('[role="tab"]')?.textContent.trim();
      if (tab in isra.tabs) isra.remember("tab", isra.tabs[tab]);
    });
    element.replaceChildren(
      el(
        "div.isra-brand",
        {},
        el("h1", {}, "ISRA Studio"),
        el("p", {}, "See what an adapted network recognises, where it looks, and why."),
        toggle,
      ),
    );
  };
};

// What cannot be shown, by name; the reasons are on the terminal of whoever started the app.
isra.panels.notice =
  ({ element }) =>
  ({ names }) => {
    const text = `Left out, because they cannot be shown: ${names.join(", ")}. The terminal says why.`;
    element.replaceChildren(isra.el("p.isra-honest", { role: "status" }, text));
  };
