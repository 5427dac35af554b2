// Which topics the wall shows, and in which order. Topics that no image has come last, however it is sorted.
export const isSilent = (topic) => !topic.source.rows.length && !topic.target.rows.length;
export const strongest = (topic) => Math.max(topic.source.strength, topic.target.strength);

// By how much ISRA brought the two domains nearer to each other; null where there is nothing to compare.
export function closed(topic, { name, without }) {
  const [before, after] = [topic.gaps[without], topic.gaps[name]];
  return before == null || after == null ? null : before - after;
}

const largest = (of) => (a, b) => of(b) - of(a);
const orLast = (number) => number ?? -Infinity;

export const SORTS = {
  strength: "strength",
  gap: "gap closed by ISRA",
  common: "active share",
  focus: "fewest classes",
  class: "class",
  number: "number",
};

function order(sort, model, classes) {
  const first = (topic) => classes[topic.profile[0]?.[0]] ?? "";
  return {
    strength: largest(strongest),
    gap: largest((topic) => orLast(closed(topic, model))),
    common: largest((topic) => topic.source.share + topic.target.share),
    focus: (a, b) => a.spread - b.spread,
    class: (a, b) => first(a).localeCompare(first(b)),
    number: (a, b) => a.index - b.index,
  }[sort];
}

export const isAbout = (topic, index) => [...topic.profile.slice(0, 3), ...topic.for].some(([c]) => c === index);

// `wanted`: {sort, of: class index or null, search, name: topic index => the visitor's name or null}
export function arrange(model, classes, { sort, of, search, name }) {
  const text = search.trim().toLowerCase().replace(/^#/, "");
  const labels = (topic) => topic.profile.map(([c]) => classes[c].replaceAll("_", " "));
  const found = (topic) =>
    !text || String(topic.index) === text || [name(topic.index) ?? "", ...labels(topic)].some((t) => t.toLowerCase().includes(text)); // prettier-ignore
  const by = order(sort, model, classes) ?? order("strength", model, classes);
  return model.topics
    .filter((topic) => (of == null || isAbout(topic, of)) && found(topic))
    .sort((a, b) => isSilent(a) - isSilent(b) || by(a, b) || a.index - b.index);
}
