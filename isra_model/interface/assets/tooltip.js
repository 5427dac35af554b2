// One tooltip for all terms; it never leaves the window.
import { el } from "./dom.js";

const EDGE = 8;

export function startTooltip() {
  const tip = document.body.appendChild(el("div.isra-tip", { role: "tooltip", hidden: true }));
  const show = (event) => {
    const target = event.target.closest?.("[data-tip]");
    if (!target || !target.dataset.tip) return;
    tip.textContent = target.dataset.tip;
    tip.hidden = false;
    const box = target.getBoundingClientRect();
    const left = Math.min(Math.max(EDGE, box.left), window.innerWidth - tip.offsetWidth - EDGE);
    const below = box.bottom + EDGE + tip.offsetHeight < window.innerHeight;
    tip.style.left = `${left}px`;
    tip.style.top = `${below ? box.bottom + EDGE : box.top - tip.offsetHeight - EDGE}px`;
  };
  const hide = () => (tip.hidden = true);
  document.addEventListener("mouseover", show);
  document.addEventListener("focusin", show);
  document.addEventListener("mouseout", hide);
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
}
