// What waits for review, fetched as it is needed, with a place in it.

const AHEAD = 9;

export class Queue {
  /** `fetch` gives the page after a cursor, as /v1/reviews/pending does. */
  constructor(fetch) {
    Object.assign(this, { fetch, items: [], at: 0, cursor: "", ended: false, said: [] });
  }

  get current() {
    return this.items[this.at];
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

  /** Keep in mind that something is said of the current one. */
  remember() {
    this.said.push(this.at);
  }

  /** Back to the last one that something was said of, or undefined. */
  back() {
    if (!this.said.length) return undefined;
    this.at = this.said.pop();
    return this.current;
  }
}
