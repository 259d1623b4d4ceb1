/*
 * Follow the store: ask now and then for its data version, and have the page run again when
 * somebody else has changed the data. Nothing is drawn but a line while the server does not answer.
 */

const JITTER = 0.1; // of the time between two questions, so that browsers do not ask in step
const PATIENCE = 5000; // ms for an answer
const SLOWEST = 60_000; // ms between two questions to a server that does not answer
const TEXT = "textarea, [contenteditable], input:not([type=checkbox], [type=radio], [type=range])";
const TOLD = 2; // questions without an answer, after which the person is told
const LOST = "サーバーにつながりません。自動でつなぎ直しています。編集中の下書きは、最後に保存されたところから続けられます。";
const LINE =
  "position:fixed;left:0;right:0;bottom:0;z-index:1000000;padding:.7rem 1.2rem;" +
  "background:#1B2733;color:#FFFFFF;font-size:1rem;text-align:center";

const followers = new WeakMap(); // by the node that Streamlit gives

export default function ({ data, parentElement, setTriggerValue }) {
  if (!followers.has(parentElement)) followers.set(parentElement, new Follower(parentElement));
  const follower = followers.get(parentElement);
  follower.update(data, () => setTriggerValue("changed", true));
  return () => {
    // Streamlit also calls this between two runs: then the page is still there.
    if (parentElement.isConnected) return;
    follower.stop();
    followers.delete(parentElement);
  };
}

class Follower {
  constructor(root) {
    this.root = root;
    this.failures = 0;
    this.forms = new Set(); // filled in, not yet sent
    this.field = null; // typed into, not yet left
    this.leaving = new AbortController();
    this.listen("visibilitychange", () => this.wake());
    this.listen("input", ({ target }) => this.typed(target));
    this.listen("click", ({ target }) => this.clicked(target));
    this.listen("focusout", () => { this.field = null; });
    this.listen("keydown", ({ key }) => { if (key === "Enter") this.field = null; });
  }

  listen(event, react) {
    document.addEventListener(event, react, { capture: true, signal: this.leaving.signal });
  }

  /** Take what the page was drawn with. */
  update({ address, version, seconds, spread, parts }, rerun) {
    this.address = new URL(address, document.baseURI).href;
    this.version = version;
    this.every = seconds * 1000;
    this.spread = spread * 1000;
    this.parts = parts; // selectors of Streamlit's form, its button, and its dialog
    this.rerun = rerun;
    if (this.timer === undefined) this.plan();
    else if (this.failures > 0) this.ask(); // the page was drawn anew, so the server is back
  }

  stop() {
    this.leaving.abort();
    clearTimeout(this.timer);
    clearTimeout(this.rerunning);
    this.line?.remove();
  }

  /** Ask again after a while; not at all while the tab is hidden. */
  plan() {
    clearTimeout(this.timer);
    this.timer = null;
    if (document.hidden) return;
    const wait = Math.min(this.every * 2 ** this.failures, SLOWEST);
    const shift = 1 + JITTER * (2 * Math.random() - 1);
    this.timer = setTimeout(() => this.ask(), wait * shift);
  }

  /** A tab that is looked at again asks at once. */
  wake() {
    if (document.hidden) this.plan();
    else this.ask();
  }

  async ask() {
    clearTimeout(this.timer);
    if (!this.root.isConnected) {
      this.stop();
      return;
    }
    try {
      const signal = AbortSignal.timeout(PATIENCE);
      const answer = await fetch(this.address, { cache: "no-store", signal });
      if (!answer.ok) throw new Error(`${answer.status} ${this.address}`);
      this.heard(Number(await answer.text()));
      this.failures = 0;
      this.line?.remove();
    } catch (error) {
      console.debug(error);
      this.failures += 1;
      if (this.failures >= TOLD) this.tell();
    }
    if (!this.leaving.signal.aborted) this.plan();
  }

  /** Say in the page that the server is away; Streamlit's own sign of it is small, and English. */
  tell() {
    if (this.line?.isConnected) return;
    this.line = document.createElement("div");
    this.line.setAttribute("role", "alert");
    this.line.style.cssText = LINE;
    this.line.textContent = LOST;
    document.body.append(this.line);
  }

  /** Run the page again for a newer version: once for each, and not while somebody is typing. */
  heard(version) {
    if (!(version > this.version) || version === this.asked || this.busy()) return;
    this.asked = version;
    // A moment later, each browser its own: not all of a meeting at once.
    this.rerunning = setTimeout(() => this.rerun(), Math.random() * this.spread);
  }

  typed(target) {
    if (target.matches?.(TEXT)) this.field = target;
    const form = target.closest?.(this.parts.form);
    if (form) this.forms.add(form);
  }

  clicked(target) {
    const form = target.closest?.(this.parts.form);
    if (!form) return;
    if (target.closest(this.parts.submit)) this.forms.delete(form);
    else this.forms.add(form);
  }

  /** Tell whether a run could lose something: an unsent form, half a word, an open dialog. */
  busy() {
    for (const form of this.forms) if (!form.isConnected) this.forms.delete(form);
    const { field } = this;
    const closed = field?.getAttribute("aria-expanded") === "false"; // a list without a choice open
    const writing = field !== null && field === document.activeElement && !closed;
    return this.forms.size > 0 || writing || document.querySelector(this.parts.dialog) !== null;
  }
}
