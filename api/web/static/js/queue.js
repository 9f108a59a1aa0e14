// What waits for review, fetched as it is needed, with a place in it.

const AHEAD = 9;

export class Queue {
  /** `fetch` gives the page after a cursor, as /v1/reviews/pending does. */
  constructor(fetch) {
    Object.assign(this, { fetch, items: [], at: 0, cursor: "", ended: false, steps: [] });
  }

  get current() {
    return this.items[this.at];
  }

  /** Whether there are images, of those fetched so far, that nobody has said anything of. */
  get unsaid() {
    return this.items.some(({ said }) => !said);
  }

  async go(at) {
    this.at = at;
    while (!this.ended && this.items.length < at + AHEAD) {
      const page = await this.fetch(this.cursor);
      this.items.push(...page.data);
      this.cursor = page.last_id;
      this.ended = !page.has_more;
    }
  }

  /** To the next that nobody has said anything of. */
  async forward() {
    let at = this.at + 1;
    while (this.items[at]?.said) at++;
    await this.go(at);
  }

  /** To the first that nobody has said anything of. */
  async rewind() {
    this.at = -1;
    await this.forward();
  }

  /** Keep in mind that something is about to be said of these, in one step. */
  remember(items) {
    this.steps.push({ at: this.at, before: items.map((item) => ({ item, label: item.said })) });
  }

  /** Back to where the last step was taken, and what had been said before of each image in it. */
  back() {
    const { at, before } = this.steps.pop() ?? { at: this.at, before: [] };
    this.at = at;
    return before;
  }
}
