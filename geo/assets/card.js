/* The card on the map: one municipality, or the organisations of one place. */

import { element, thousands } from "./dom.js";

const LISTED = 100; // rows; more would slow every filter down while the card is open

export class Card {
  /**
   * @param {HTMLElement} box where the card stands
   * @param {object} organisations the content of organisations.json
   * @param {{send: Function, closed: Function}} on how to raise an event in Python by name and
   *   value, and what follows when the reader closes the card
   */
  constructor(box, organisations, on) {
    this.box = box;
    this.organisations = organisations;
    this.on = on;
    box.addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(); });
  }

  /**
   * Show a municipality; repeated with new figures, the card stays where the reader left it.
   * @param {object} town of boundaries.json
   * @param {string} area name of its subprefecture
   * @param {[string, string][]} figures words and numbers
   * @param {number[]} members its visible organisations
   */
  showTown(town, area, figures, members) {
    const address = `karte?code=${encodeURIComponent(town.code)}`;
    const link = element("a", { class: "hk-open", href: address }, "カルテを開く");
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab takes the address
      event.preventDefault();
      this.on.send("open_municipality", town.code);
    });
    const rows = figures.flatMap(([word, figure]) => [
      element("dt", {}, word), element("dd", {}, figure),
    ]);
    this.fill(
      town.name, `${area}管内・二次医療圏 ${town.medicalArea}`,
      element("dl", {}, ...rows), link, ...this.list(members),
    );
  }

  /** @param {number[]} members the organisations of one place */
  showMembers(members) {
    this.fill(`${thousands(members.length)}件の団体`, "", ...this.list(members));
  }

  close() {
    this.shown = null;
    this.box.replaceChildren();
    this.box.hidden = true;
    this.on.closed();
  }

  fill(title, subtitle, ...content) {
    const scrolled = this.shown === title ? this.box.scrollTop : 0;
    this.shown = title;
    const words = { class: "hk-close", type: "button", "aria-label": "閉じる" };
    const close = element("button", words, "×");
    close.addEventListener("click", () => this.close());
    this.box.replaceChildren(
      element("header", {}, element("h3", {}, title), close),
      ...(subtitle ? [element("p", { class: "hk-sub" }, subtitle)] : []),
      ...content,
    );
    this.box.setAttribute("aria-label", title);
    this.box.hidden = false;
    this.box.scrollTop = scrolled;
  }

  list(members) {
    if (!members.length) return [];
    const rest = members.length - LISTED;
    const more = rest > 0 ? [element("p", { class: "hk-sub" }, `ほか${thousands(rest)}件`)] : [];
    return [
      element("ul", { class: "hk-list" }, ...members.slice(0, LISTED).map((i) => this.line(i))),
      ...more,
    ];
  }

  line(i) {
    const { id, name, field, fields, confidence, checked } = this.organisations;
    const button = element("button", { type: "button" }, name[i]);
    button.addEventListener("click", () => this.on.send("open_organisation", id[i]));
    const words = field[i].map((number) => fields[number][0]).join("・");
    const facts = [words, `確度${confidence[i]}`, `確認日 ${checked[i]}`].filter(Boolean);
    return element("li", {}, button, element("span", {}, facts.join(" ・ ")));
  }
}
