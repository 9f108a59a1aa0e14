// A grid of tiles of which only those in sight exist, so that a hundred thousand scroll like a hundred.

import { element, percent } from "./page.js";
import { DECISION_WORDS } from "./scores.js";

/** What a tile takes up at least, in pixels. */
const NORMAL = { width: 96, height: 118 };
export const DENSE = { width: 70, height: 92 };
const SPARE_ROWS = 3;

export class Grid {
  constructor(container, { outline, pictures, onOpen, size = NORMAL }) {
    Object.assign(this, { container, outline, pictures, onOpen, size });
    this.shown = [];
    this.tiles = new Map();
    this.pool = [];
    new ResizeObserver(() => this.layout()).observe(container);
    addEventListener("scroll", () => this.soon(), { passive: true });
    container.addEventListener("click", (event) => this.open(event.target.closest(".tile")));
    container.addEventListener("keydown", (event) => this.step(event));
  }

  /** Show these images, by their index in the job. */
  set(indexes) {
    const before = this.shown;
    this.shown = indexes;
    for (const place of [...this.tiles.keys()]) if (before[place] !== indexes[place]) this.drop(place);
    this.layout();
    for (const [place, tile] of this.tiles) this.fill(tile, indexes[place], place);
  }

  layout() {
    this.columns = Math.max(1, Math.floor(this.container.clientWidth / this.size.width));
    this.width = this.container.clientWidth / this.columns;
    this.container.style.height = `${Math.ceil(this.shown.length / this.columns) * this.size.height}px`;
    this.draw();
  }

  soon() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = null;
    const top = -this.container.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / this.size.height) - SPARE_ROWS) * this.columns;
    const last = Math.min(this.shown.length, (Math.ceil((top + innerHeight) / this.size.height) + SPARE_ROWS) * this.columns);
    for (const place of [...this.tiles.keys()]) if (place < first || place >= last) this.drop(place);
    for (let place = first; place < last; place++) this.place(place, this.tiles.get(place) ?? this.make(place));
  }

  place(place, tile) {
    tile.style.transform = `translate(${(place % this.columns) * this.width}px, ${Math.floor(place / this.columns) * this.size.height}px)`;
  }

  make(place) {
    const tile = this.pool.pop() ?? blank();
    this.tiles.set(place, tile);
    this.fill(tile, this.shown[place], place);
    this.container.append(tile);
    this.pictures.show(this.shown[place], tile.querySelector(".picture"));
    return tile;
  }

  fill(tile, index, place) {
    const decision = this.outline.decision(index);
    const corrected = this.outline.corrected.get(index);
    const read = corrected ?? (decision === "failed" ? "failed" : this.outline.predictions[index]);
    const sure = decision === "failed" ? "" : percent(this.outline.confidences[index]);
    tile.dataset.place = place;
    tile.dataset.decision = decision;
    tile.toggleAttribute("data-corrected", corrected !== undefined);
    tile.querySelector(".unseen").textContent = `, image ${index}, ${corrected ? "corrected" : DECISION_WORDS[decision]}`;
    tile.querySelector("b").textContent = read === "none" ? "✕" : read;
    tile.querySelector("small").textContent = corrected ? "✓" : sure;
  }

  /** Draw the tile of an image anew, if it is in sight. */
  refresh(index) {
    for (const [place, tile] of this.tiles) if (this.shown[place] === index) this.fill(tile, index, place);
  }

  drop(place) {
    const tile = this.tiles.get(place);
    tile.remove();
    this.tiles.delete(place);
    this.pool.push(tile);
  }

  open(tile) {
    if (tile) this.onOpen?.(Number(tile.dataset.place));
  }

  /** Arrow keys walk from tile to tile. */
  step(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns };
    const tile = event.target.closest(".tile");
    if (!tile || !(event.key in steps)) return;
    event.preventDefault();
    const place = Number(tile.dataset.place) + steps[event.key];
    this.tiles.get(place)?.focus();
  }
}

function blank() {
  const tile = element("button", { type: "button", className: "tile" });
  tile.append(
    element("span", { className: "picture" }),
    element("span", { className: "read" }, element("b"), " ", element("small"), element("span", { className: "unseen" })),
  );
  return tile;
}
