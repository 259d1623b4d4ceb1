/* The handout: the map, the flags and every town's sheet in one file that needs no network. */

import { element, thousands } from "./dom.js";
import { Keys } from "./keys.js";
import { legend } from "./legend.js";
import { Symbols } from "./symbols.js";
import { Towns } from "./towns.js";

const HOME = [[41.34, 139.3], [45.56, 145.85]];
const data = JSON.parse(document.querySelector("#data").textContent);
const { boundaries, organisations, views, sheets, strings, classes, fields, order, flags } = data;
const panel = document.querySelector("#panel");
const frame = document.querySelector(".hk-map");

class Handout {
  constructor() {
    this.town = null;
    this.view = views[0].state;
    this.map = L.map(document.querySelector(".hk-canvas"), {
      attributionControl: false, zoomControl: false, keyboard: false, minZoom: 5, maxZoom: 12,
      zoomSnap: 0.25, zoomDelta: 0.5, wheelPxPerZoomLevel: 100,
    });
    this.home();
    L.control.zoom({ position: "topleft", zoomInTitle: "拡大", zoomOutTitle: "縮小" }).addTo(this.map);
    const back = element("button", { type: "button", class: "hk-home" }, "全道に戻す");
    back.addEventListener("click", () => this.home());
    this.corner("topleft", back);
    this.legendBox = this.corner("bottomright", element("div"));
    this.towns = new Towns(this.map, boundaries, (town) => this.open(town));
    this.symbols = new Symbols(this.map, boundaries, organisations, {
      town: (town) => this.open(town),
      members: (members) => this.open(organisations.town[members[0]]),
      zoomTo: (bounds) => this.map.fitBounds(bounds, { maxZoom: 12, padding: [30, 30] }),
    });
    const canvas = document.querySelector(".hk-canvas");
    this.keys = new Keys(this.map, canvas, this.towns, {
      open: (town) => { this.open(town); panel.querySelector("button")?.focus(); },
      home: () => this.home(),
    });
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", "地図。矢印キーで市町村を選び、Enterで開きます");
    this.map.on("moveend", () => { this.symbols.draw(); this.legend(); });
    this.draw();
  }

  home() {
    this.map.fitBounds(HOME, { animate: false });
  }

  corner(position, content) {
    const control = L.control({ position });
    control.onAdd = () => { L.DomEvent.disableClickPropagation(content); return content; };
    control.addTo(this.map);
    return content;
  }

  draw() {
    this.towns.draw(this.view);
    this.symbols.filter(this.view.visible, this.view.points);
    this.towns.mark(this.town);
    this.legend();
  }

  legend() {
    this.legendBox.replaceChildren(legend(this.view, organisations.families, this.symbols.kinds()));
  }

  choose(number) {
    this.view = views[number].state;
    this.draw();
  }

  open(town) {
    this.town = town;
    this.towns.mark(town);
    location.replace(`#${boundaries.towns[town].code}`);
    panel.replaceChildren(...sheet(town));
    panel.scrollTop = 0;
  }

  goTo(town) {
    this.map.fitBounds(this.towns.bounds(town), { maxZoom: 9, padding: [60, 60] });
    this.open(town);
  }
}

function chip(number, provisional) {
  const [words, colour, light] = classes[number];
  const made = element("span", { class: "chip" }, words + (provisional ? "・暫定" : ""));
  made.style.background = colour;
  if (light) made.style.color = "#FFF";
  if (provisional || number === classes.length - 1) made.classList.add("hatched");
  return made;
}

function place(name, where, minutes, home) {
  if (!name) return [element("small", {}, "見つかっていません(公表分)")];
  const detail = where === home ? "" : [where, minutes === null ? "" : `約${minutes}分`].filter(Boolean).join(" ");
  return [name, ...(detail ? [element("small", {}, `(${detail})`)] : [])];
}

/** @returns {HTMLElement[]} the sheet of a municipality */
function sheet(number) {
  const town = boundaries.towns[number];
  const made = sheets[number];
  const text = (index) => strings[index];
  const close = element("button", { type: "button", class: "back" }, "← 順位に戻る");
  close.addEventListener("click", () => { handout.town = null; handout.towns.mark(null); panel.replaceChildren(...ranking()); });
  const figures = made.figures.map(([label, figure, of]) => element(
    "div", {}, element("small", {}, label), element("b", {}, figure), element("small", {}, of),
  ));
  const rows = made.rows.map(([klass, provisional, count, name, where, minutes, out, outWhere, outMinutes, remote], field) => element(
    "tr", {},
    element("td", {}, fields[field]),
    element("td", {}, chip(klass, provisional)),
    element("td", { class: "n" }, `${count}件`),
    element("td", {}, ...place(text(name), text(where), minutes, town.name)),
    element("td", {}, ...(out === name && text(out) ? ["同左"] : place(text(out), text(outWhere), outMinutes, town.name))),
    element("td", { class: "n" }, `${remote}件`),
  ));
  const heads = ["分野", "区分", "地域内", "来所できる最寄り", "地元以外の最寄り", "遠隔"];
  const partners = made.partners.map(([field, name, where, contact]) => element(
    "tr", {}, element("td", {}, text(field)), element("td", {}, text(name)), element("td", {}, text(where)), element("td", {}, text(contact)),
  ));
  return [
    close,
    element("h2", {}, town.name),
    element("p", { class: "quiet" }, made.area),
    element("p", {}, made.finding),
    element("div", { class: "figures" }, ...figures),
    element("p", {}, element("b", {}, "不足度の理由: "), made.reason),
    element("h3", {}, "分野ごとに、ここにあるもの・ないもの"),
    element("table", {}, element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", {}, head)))), element("tbody", {}, ...rows)),
    element("h3", {}, "地域にない分野は、まず誰と組めるか"),
    partners.length
      ? element("table", {}, element("tbody", {}, ...partners))
      : element("p", {}, "全分野の窓口が地域内にあります。"),
  ];
}

/** @returns {HTMLElement[]} the flags: every municipality, scarcest first */
function ranking() {
  const rows = order.map((number, rank) => {
    const open = element("button", { type: "button" }, boundaries.towns[number].name);
    open.addEventListener("click", () => handout.goTo(number));
    const [score, flag, robust, need] = flags[number];
    return element(
      "tr", {}, element("td", { class: "n" }, String(rank + 1)), element("td", {}, open),
      element("td", { class: "n" }, score), element("td", {}, flag), element("td", {}, robust ? "頑健" : ""),
      element("td", { class: "n" }, need), element("td", { class: "n" }, `${thousands(boundaries.towns[number].population)}人`),
    );
  });
  const heads = [["順", "n"], ["市町村", ""], ["不足度", "n"], ["区分", ""], ["", ""], ["必要度", "n"], ["人口", "n"]];
  return [
    element("h2", {}, "不足度の順位"),
    element("p", { class: "quiet" }, "不足度・必要度は0〜100。町の名前を押すと、その町のカルテが開きます。"),
    element("table", {}, element("thead", {}, element("tr", {}, ...heads.map(([head, side]) => element("th", { class: side }, head)))), element("tbody", {}, ...rows)),
  ];
}

const handout = new Handout();
const select = document.querySelector("#measure");
views.forEach(({ label }, number) => select.append(element("option", { value: String(number) }, label)));
select.addEventListener("change", () => handout.choose(Number(select.value)));
const search = document.querySelector("#search");
document.querySelector("#names").append(...boundaries.towns.map(({ name }) => element("option", { value: name })));
search.addEventListener("change", () => {
  const number = boundaries.towns.findIndex(({ name }) => name === search.value.trim());
  if (number >= 0) handout.goTo(number);
});
const asked = boundaries.towns.findIndex(({ code }) => `#${code}` === location.hash);
if (asked >= 0) handout.goTo(asked);
else panel.replaceChildren(...ranking());
frame.dataset.drawn = "handout";
