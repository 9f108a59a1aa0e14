// What a person says of an image, by keys or by buttons: 0 to 9, x for not a digit, Enter to agree, u to undo.

import { call } from "./http.js";

const path = (jobId, index) => `/v1/jobs/${jobId}/results/${index}/review`;

/** Say that an image shows `label`, or "none". */
export const say = (jobId, index, label) => call("POST", path(jobId, index), { label: label === "none" ? null : label });

/** Let the model's answer stand again. */
export const takeBack = (jobId, index) => call("DELETE", path(jobId, index));

/** What a key means for an image that was read as `prediction`: {label}, {undo: true} or null. */
export function verdictOf(event, prediction) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return null;
  if (/^[0-9]$/.test(event.key)) return { label: event.key };
  if (event.key === "x") return { label: "none" };
  if (event.key === "u") return { undo: true };
  const onButton = event.target.closest("button, a");
  return event.key === "Enter" && !onButton && prediction ? { label: prediction } : null;
}

/** Leave the keys to the image: a button in `container` gives up the focus once the mouse has pressed it. */
export function freeKeys(container) {
  // A press by a key counts no clicks: who came to a button with Tab stays there.
  container.addEventListener("click", ({ detail: clicks, target }) => clicks && target.closest("button")?.blur());
}

/** Listen to the buttons of a "keys" group. */
export function onKeys(group, { onSay, onAgree, onUndo, onSkip }) {
  group.addEventListener("click", ({ target }) => {
    const { label, key } = target.closest("button")?.dataset ?? {};
    if (label) onSay(label);
    else if (key) ({ Enter: onAgree, u: onUndo, " ": onSkip })[key]?.();
  });
}
