// Probabilities as bars, and the reasons for doubt in words.

import { element, percent } from "./page.js";

const REASONS = {
  low_confidence: "the model is not sure enough",
  blank: "there is nothing on it",
  not_a_digit: "it does not look like a digit",
  several_digits: "it has several parts",
  solid: "it is filled, not drawn",
  touches_border: "the ink touches the border",
  too_small: "the digit is very small",
  low_contrast: "the ink is faint",
  cluttered: "there is other ink around",
};
export const DECISION_WORDS = { accept: "accepted", needs_review: "to review", reject: "rejected", failed: "failed" };

const inWords = (reason) => REASONS[reason] ?? reason.replaceAll("_", " ");
export const reasonsInWords = (reasons) => reasons.map(inWords).join(", ");

export function scoreBars(scores) {
  return scores.map(({ label, score }) => {
    const fill = element("div", { className: "fill" });
    fill.style.width = `${100 * score}%`;
    return element(
      "div",
      { className: "score" },
      element("b", { textContent: label }),
      element("div", { className: "track" }, fill),
      element("span", { className: "value", textContent: percent(score) }),
    );
  });
}
