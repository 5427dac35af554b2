// Plays the maps from the first to the last snapshot of the training.
const FRAME = 40,
  STEPS = 14,
  STILL = 600;
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const ease = (t) => t * t * (3 - 2 * t);

export function between(from, to, t) {
  const mix = (a, b) => b.map((value, i) => a[i] + t * (value - a[i]));
  return to.map((trace, i) => ({ trace: trace.trace, x: mix(from[i].x, trace.x), y: mix(from[i].y, trace.y) }));
}

// Moves the points through `frames` until they end or `run.stop` is set, then back to where they were.
export const playTraining = async (plot, frames, run, tell) => {
  const home = plot.now();
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  for (let f = 0; f < frames.length && !run.stop; f++) {
    tell(`step ${frames[f].step}`);
    const from = frames[Math.max(0, f - 1)].traces;
    const steps = still || f === 0 ? 1 : STEPS;
    for (let s = 1; s <= steps && !run.stop; s++) {
      plot.move(between(from, frames[f].traces, ease(s / steps)));
      await wait(still ? STILL : FRAME);
    }
  }
  if (!run.left) plot.move(home);
  tell("");
};
