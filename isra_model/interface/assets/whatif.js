// What an image's logits are made of, and what they become where a visitor weighs its topics otherwise.

const floats = (text) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);

// From what the server sends: contributions of the topics that are in the image, one after the other, and the rest.
export function readEvidence({ topics, contributions, residual, constant }) {
  const rest = floats(residual);
  const all = floats(contributions);
  const of = (i) => all.subarray(i * rest.length, (i + 1) * rest.length);
  return { topics: new Map(topics.map((index, i) => [index, of(i)])), residual: rest, constant: floats(constant) };
}

// `factors`: {topic: by what its contribution is multiplied}; a topic that is not in it counts once.
export function logits({ topics, residual, constant }, factors = {}) {
  const sums = Array.from(residual, (value, c) => value + constant[c]);
  for (const [index, contribution] of topics) {
    const factor = factors[index] ?? 1;
    if (factor) contribution.forEach((value, c) => (sums[c] += factor * value));
  }
  return sums;
}

export function softmax(values) {
  const top = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - top));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}

// Why `first` and not `second`: what each topic adds to the difference of their logits, largest first, and the rest.
export function difference({ topics, residual, constant }, first, second, factors = {}) {
  const parts = [...topics].map(([index, contribution]) => ({
    index,
    value: (factors[index] ?? 1) * (contribution[first] - contribution[second]),
    given: contribution[first] - contribution[second],
  }));
  const [left, fixed] = [residual[first] - residual[second], constant[first] - constant[second]];
  return {
    parts: parts.sort((a, b) => Math.abs(b.given) - Math.abs(a.given) || a.index - b.index),
    residual: left,
    constant: fixed,
    total: parts.reduce((sum, { value }) => sum + value, left + fixed),
  };
}
