import { logits } from "./whatif.js";

// Two images in the same numbers: what differs most comes first.
const apart = (a, b) => Math.abs(b.second - b.first) - Math.abs(a.second - a.first) || a.index - b.index;

// The topics that either image has, with the value of each; a topic that an image does not have is 0 there.
export function pairedValues(first, second) {
  const all = new Set([...Object.keys(first), ...Object.keys(second)]);
  return [...all]
    .map((index) => ({ index: Number(index), first: first[index] ?? 0, second: second[index] ?? 0 }))
    .sort(apart);
}

// What a class's logit is made of in both images; `first` and `second` are what `readEvidence` returns.
export function pairedEvidence(first, second, c) {
  const of = ({ topics }, index) => topics.get(index)?.[c] ?? 0;
  const topics = [...new Set([...first.topics.keys(), ...second.topics.keys()])].map((index) => ({
    index,
    first: of(first, index),
    second: of(second, index),
  }));
  return {
    topics: topics.sort(apart),
    residual: { first: first.residual[c], second: second.residual[c] },
    constant: { first: first.constant[c], second: second.constant[c] },
    total: { first: logits(first)[c], second: logits(second)[c] },
  };
}
