// Whose topics are shown, where several models have some, and what is said where none has.
import { segments } from "./dom.js";
import { choose, selection } from "./selection.js";
import { inTurn } from "./server.js";

export const NO_TOPICS = "None of these models has topics, as those trained with ISRA have: choose another checkpoint.";
export const NONE_HERE = "No living topic of this model is in this image.";

export function modelChoice({ model, models }) {
  const options = Object.entries(models).map(([name, title]) => ({ key: name, text: title }));
  if (options.length < 2) return null;
  return segments("Topics of", options, model, (name) => choose({ topics: name, topic: null }));
}

// Asks for the topics of the model that is chosen, by default of the last that has any; `shown` returns what is shown.
export function askForTopics(shown, trigger) {
  inTurn(() => {
    const { key, model, models } = shown();
    const wanted = selection.topics ?? Object.keys(models).at(-1);
    return wanted && wanted !== model ? trigger("choose", { key, model: wanted }) : false;
  });
}
