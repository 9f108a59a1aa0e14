// Bars that are buttons: they show how many there are, and picking one filters.

import { count, element } from "./page.js";

export class Bars {
  /** `names` are what the bars stand for, `captions` what stands below them, if anything. */
  constructor(container, { names, captions = [], onPick }) {
    this.container = container;
    this.names = names;
    this.buttons = names.map((name, at) => {
      const button = element("button", { type: "button" }, element("span", { className: "bar" }));
      if (captions[at]) button.append(captions[at]);
      button.addEventListener("click", () => onPick(at));
      return button;
    });
    container.replaceChildren(...this.buttons);
  }

  show(numbers, picked) {
    // By the square root, so that a handful of doubtful ones can be seen beside thousands.
    const tallest = Math.sqrt(Math.max(1, ...numbers));
    this.container.classList.toggle("picking", picked.length > 0);
    this.buttons.forEach((button, at) => {
      button.firstChild.style.height = `${(100 * Math.sqrt(numbers[at])) / tallest}%`;
      button.setAttribute("aria-label", `${this.names[at]}: ${count(numbers[at])} images`);
      button.setAttribute("aria-pressed", picked.includes(at));
      button.title = button.ariaLabel;
    });
  }
}
