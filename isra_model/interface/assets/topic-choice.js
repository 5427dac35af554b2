// Whose topics are shown, where several models have some, and what is said where none has.
import { segments } from "./dom.js";

export const NO_TOPICS = "None of these models has topics, as those trained with ISRA have: choose another checkpoint.";
export const ALL_DEAD = "No topic of this model is alive: train it for more steps.";

export function modelChoice({ key, model, models }, trigger) {
  const options = Object.entries(models).map(([name, title]) => ({ key: name, text: title }));
  if (options.length < 2) return null;
  return segments("Topics of", options, model, (name) => trigger("choose", { key, model: name }));
}
