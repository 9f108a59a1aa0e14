// Which results are shown. The choice stands in the page's address, so that it can be kept and shared.

import { byId, count } from "./page.js";
import { Bars } from "./charts.js";

const DIGITS = [..."0123456789"];
const BINS = 20;
const NAMES = ["decision", "digit", "from", "to", "sort"];

export class Filters {
  constructor(outline, onChange) {
    Object.assign(this, { outline, onChange });
    const given = new URLSearchParams(location.search);
    for (const name of NAMES) this[name] = given.get(name) ?? "";
    const onPick = (at) => this.toggleDigit(DIGITS[at]);
    this.digits = new Bars(byId("digits"), { names: DIGITS, captions: DIGITS, onPick });
    const bins = Array.from({ length: BINS }, (_, at) => `${(100 / BINS) * at} to ${(100 / BINS) * (at + 1)} %`);
    this.bins = new Bars(byId("confidences"), { names: bins, onPick: (at) => this.toggleBin(at) });
    for (const button of byId("decisions").children) {
      button.addEventListener("click", () => this.set({ decision: button.dataset.decision }));
    }
    for (const name of ["from", "to", "sort"]) {
      byId(name).addEventListener("change", (event) => this.set({ [name]: event.target.value }));
    }
    byId("clear").addEventListener("click", () => this.set({ decision: "", digit: "", from: "", to: "" }));
  }

  toggleDigit(digit) {
    this.set({ digit: this.digit === digit ? "" : digit });
  }

  toggleBin(at) {
    const [from, to] = [at, at + 1].map((edge) => String((100 / BINS) * edge));
    this.set(this.from === from && this.to === to ? { from: "", to: "" } : { from, to });
  }

  set(change) {
    Object.assign(this, change);
    const chosen = new URLSearchParams(NAMES.filter((name) => this[name]).map((name) => [name, this[name]]));
    history.replaceState(null, "", chosen.size ? `?${chosen}` : location.pathname);
    this.onChange();
  }

  get active() {
    return Boolean(this.decision || this.digit || this.from || this.to);
  }

  /** The indexes to show, in their order. */
  chosen() {
    const { outline } = this;
    const found = outline.where(
      (index) =>
        (!this.decision || outline.is(index, this.decision)) &&
        (!this.digit || outline.digit(index) === this.digit) &&
        this.inRange(index),
    );
    return this.sort === "unsure" ? outline.leastSureFirst(found) : found;
  }

  inRange(index) {
    if (this.from === "" && this.to === "") return true;
    const confidence = 100 * this.outline.confidences[index];
    return this.outline.decision(index) !== "failed" && confidence >= (this.from || 0) && confidence <= (this.to || 100);
  }

  show() {
    const digits = new Array(10).fill(0);
    const bins = new Array(BINS).fill(0);
    for (const index of this.outline.where((each) => this.outline.decision(each) !== "failed")) {
      digits[this.outline.digit(index)]++;
      bins[Math.min(BINS - 1, Math.floor(this.outline.confidences[index] * BINS))]++;
    }
    this.digits.show(digits, this.digit ? [Number(this.digit)] : []);
    this.bins.show(bins, this.pickedBins());
    this.showChoices();
  }

  pickedBins() {
    if (this.from === "" && this.to === "") return [];
    const [from, to] = [this.from || 0, this.to || 100].map((edge) => (edge * BINS) / 100);
    return Array.from({ length: BINS }, (_, at) => at).filter((at) => at + 1 > from && at < to);
  }

  showChoices() {
    for (const button of byId("decisions").children) {
      const { decision } = button.dataset;
      button.setAttribute("aria-pressed", decision === this.decision);
      const those = this.outline.where((index) => !decision || this.outline.is(index, decision));
      button.querySelector("span").textContent = count(those.length);
    }
    for (const name of ["from", "to", "sort"]) byId(name).value = this[name];
    byId("clear").hidden = !this.active;
  }
}
