/*
 * The map of Hokkaido: made once per page, then only told what changed. Streamlit calls `show`
 * with a new state after each run; the geometry and the organisations are fetched once.
 */

import { Card } from "./card.js";
import { element, thousands } from "./dom.js";
import { Keys } from "./keys.js";
import { legend } from "./legend.js";
import { Symbols } from "./symbols.js";
import { Towns } from "./towns.js";

const HOME = [[41.34, 139.3], [45.56, 145.85]]; // Hokkaido's main and western islands
const WORLD = [[38, 132], [49, 154]]; // as far as the map can be dragged
const ZOOM_STEP = 0.1; // so that a fitted place fills the map
const EDGE = 10; // px between what is shown and what stands in front of it
const CONTROLS = 48; // px, height of the row of controls
const CARD_WIDTH = 300;
const NARROW = 480; // px of a map, on a telephone, whose legend begins folded
const TOWN_MAX_ZOOM = 11;
const STYLES = ["leaflet.css", "map.css"];
const GSI = "https://cyberjapandata.gsi.go.jp/xyz/pale/{z}/{x}/{y}.png";
const GSI_PAGE = "https://maps.gsi.go.jp/development/ichiran.html";

const maps = new WeakMap(); // by the node that Streamlit gives; gone with it
const fetched = new Map(); // JSON by address, shared by all pages of this tab

/**
 * Draw a state; called by Streamlit after each run that changed it.
 * @param {{data: object, parentElement: ShadowRoot, setTriggerValue: Function}} component
 * @returns {Promise<() => void>} what to do when the page is left
 */
export async function show({ data, parentElement, setTriggerValue }) {
  if (!maps.has(parentElement)) maps.set(parentElement, new HokkaidoMap(parentElement));
  const map = maps.get(parentElement);
  await map.update(data, setTriggerValue);
  return () => {
    // Streamlit also calls this for a run that was overtaken by the next one: then we stay.
    if (parentElement.isConnected) return;
    map.remove();
    maps.delete(parentElement);
  };
}

/** The town that a text means: its name with or without 市・町・村, its kana, its romaji or its code. */
function found(towns, text) {
  const plain = (words) => words.normalize("NFKC").trim().toLowerCase()
    .replace(/[ァ-ヶ]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 0x60));
  const wanted = plain(text);
  if (!wanted) return -1;
  const keys = towns.map(({ code, name, kana, romaji }) => [
    code, name, name.slice(0, -1), kana, kana.replace(/(し|ちょう|まち|むら|そん)$/, ""),
    romaji, romaji.replace(/-\w+$/, ""),
  ].map(plain));
  const whole = keys.findIndex((key) => key.includes(wanted));
  return whole >= 0 ? whole : keys.findIndex((key) => key.some((one) => one.startsWith(wanted)));
}

/** @param {string} address @returns {Promise<object>} */
function fetchOnce(address) {
  if (!fetched.has(address)) {
    const answer = fetch(address).then((response) => {
      if (!response.ok) throw new Error(`${response.status} ${address}`);
      return response.json();
    });
    answer.catch(() => fetched.delete(address)); // so that a later try asks again
    fetched.set(address, answer);
  }
  return fetched.get(address);
}

/** Keep a value for this tab; where storage is forbidden the map simply starts afresh. */
function keep(name, value) {
  try {
    sessionStorage.setItem(name, JSON.stringify(value));
  } catch (error) {
    console.debug(error);
  }
}

/** @returns {any} what `keep` kept, or null */
function recall(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch (error) {
    console.debug(error);
    return null;
  }
}

/** Add a style sheet to the shadow root and wait for it: Leaflet measures what it has styled. */
function styled(root, name) {
  const link = element("link", { rel: "stylesheet", href: new URL(name, import.meta.url).href });
  const loaded = new Promise((resolve, reject) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", () => reject(new Error(name)));
  });
  root.append(link);
  return loaded;
}

class HokkaidoMap {
  constructor(root) {
    this.root = root;
    this.frame = root.querySelector(".hk-map");
    this.wait = root.querySelector(".hk-wait");
  }

  /** Take a new state; while the files are on their way only the last one counts. */
  async update(data, setTriggerValue) {
    this.data = data;
    this.send = (event, value) => setTriggerValue(event, value);
    this.frame.style.height = data.height;
    if (this.map && this.files === data.files) {
      this.draw();
      return;
    }
    await this.load(data);
  }

  async load(data) {
    const address = new URL(data.files, document.baseURI).href;
    try {
      const [boundaries, organisations] = await Promise.all([
        fetchOnce(`${address}boundaries.json`),
        fetchOnce(`${address}organisations.json`),
        globalThis.L ?? import("./leaflet.js"),
        this.styles ??= Promise.all(STYLES.map((name) => styled(this.root, name))),
      ]);
      // The wait may have ended for a page that is gone, or for an older version of the data.
      if (!this.root.isConnected || this.data.files !== data.files) return;
      if (this.map && this.files === data.files) return;
      this.remove();
      this.files = data.files;
      this.build(boundaries, organisations);
      this.draw();
    } catch (error) {
      console.error(error);
      this.styles = undefined;
      this.fail();
    }
  }

  /** Say that the files could not be had, and offer another try. */
  fail() {
    const again = element("button", { type: "button" }, "もう一度読み込む");
    again.addEventListener("click", () => {
      this.wait.textContent = "地図を読み込んでいます…";
      this.load(this.data);
    });
    this.wait.hidden = false;
    this.wait.replaceChildren(
      "地図のデータを読み込めませんでした。通信の状態を確認してください。", element("br"), again,
    );
    this.frame.append(this.wait);
  }

  build(boundaries, organisations) {
    this.boundaries = boundaries;
    this.families = organisations.families;
    this.wait.hidden = true;
    this.canvas = element("div", { class: "hk-canvas", role: "application" });
    this.box = element("aside", { class: "hk-card", role: "dialog", tabindex: "-1", hidden: "" });
    this.frame.replaceChildren(this.canvas, this.box, this.wait);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map = L.map(this.canvas, {
      attributionControl: false, zoomControl: false, trackResize: false, keyboard: false,
      maxBounds: WORLD, maxBoundsViscosity: 0.8, minZoom: 5, maxZoom: 17,
      zoomSnap: ZOOM_STEP, zoomDelta: 0.5, wheelPxPerZoomLevel: 100,
      zoomAnimation: !still, inertia: !still,
    });
    this.controls();
    this.card = new Card(this.box, organisations, {
      send: (event, value) => this.send(event, value),
      closed: () => this.pickNothing(),
    });
    this.map.fitBounds(HOME, { animate: false }); // until the legend's size is known
    this.towns = new Towns(this.map, boundaries, (town) => this.pickTown(town));
    this.symbols = new Symbols(this.map, boundaries, organisations, {
      town: (town) => this.pickTown(town),
      members: (members) => this.pickMembers(members),
      zoomTo: (bounds) => this.map.fitBounds(bounds, { maxZoom: 16, padding: [30, 30] }),
    });
    this.keys = new Keys(this.map, this.canvas, this.towns, {
      open: (town) => { this.pickTown(town); this.box.focus({ preventScroll: true }); },
      home: () => this.fitHome(),
    });
    this.canvas.addEventListener("keydown", ({ key }) => { if (key === "Escape") this.card.close(); });
    this.map.on("moveend", () => this.moved());
    // After a jump Leaflet leaves its lines between two pixels; moving by nothing sharpens them.
    this.map.on("viewreset", () => this.map.panBy([0, 0]));
    this.resizing = new ResizeObserver(() => this.resized());
    this.resizing.observe(this.canvas);
  }

  controls() {
    const words = { zoomInTitle: "拡大", zoomOutTitle: "縮小" };
    L.control.zoom({ position: "topleft", ...words }).addTo(this.map);
    const home = element("button", { class: "hk-home", type: "button" }, "全道に戻す");
    home.addEventListener("click", () => this.fitHome());
    this.corner("topleft", home);
    this.corner("topleft", this.search());
    this.legendBox = this.corner("bottomleft", element("div"));
    this.noteBox = this.corner("bottomright", element("div", { class: "hk-note" }));
  }

  /** Put an element into a corner of the map, where clicks and wheel are its own. */
  corner(position, content) {
    const control = L.control({ position });
    control.onAdd = () => {
      L.DomEvent.disableClickPropagation(content);
      L.DomEvent.disableScrollPropagation(content);
      return content;
    };
    control.addTo(this.map);
    return content;
  }

  /** The way to a municipality without a pointer: write its name. */
  search() {
    const names = this.boundaries.towns.map((town) => town.name);
    const input = element("input", {
      class: "hk-search", type: "search", list: "hk-names", placeholder: "市町村をさがす",
      "aria-label": "市町村をさがす",
    });
    input.addEventListener("change", () => {
      const town = found(this.boundaries.towns, input.value);
      input.setCustomValidity(town < 0 && input.value.trim() ? "見つかりません。市町村の名前、よみ、コードで探せます。" : "");
      input.reportValidity();
      if (town < 0) return;
      input.value = "";
      this.goTo(this.towns.bounds(town));
      this.pickTown(town);
      this.box.focus({ preventScroll: true });
    });
    const options = names.map((value) => element("option", { value }));
    return element("div", {}, input, element("datalist", { id: "hk-names" }, ...options));
  }

  draw() {
    const { view, revision } = this.data;
    this.towns.draw(view);
    this.symbols.filter(view.visible, view.points);
    this.tiles(view.tiles);
    this.legend();
    this.note(view);
    this.canvas.setAttribute("aria-label", `${view.title}。矢印キーで市町村を選び、Enterで開きます`);
    if (this.focused === undefined) this.restore();
    this.focus(view.focus);
    this.refreshCard();
    this.frame.dataset.drawn = revision;
  }

  legend() {
    const { measure, unit, legend: classes, bivariate, points } = this.data.view;
    const symbols = this.symbols.kinds();
    const wanted = JSON.stringify([measure, unit, classes, bivariate, points && symbols]);
    if (wanted === this.legendDrawn) return;
    this.legendDrawn = wanted;
    const open = this.legendBox.querySelector("details")?.open ?? this.frame.clientWidth >= NARROW;
    this.legendBox.replaceChildren(legend(this.data.view, this.families, symbols, open));
  }

  note(view) {
    const parts = view.note ? [view.note] : [];
    if (view.tiles) {
      const link = { href: GSI_PAGE, target: "_blank", rel: "noopener" };
      parts.push(parts.length ? " | 背景: " : "背景: ", element("a", link, "国土地理院"));
    }
    this.noteBox.replaceChildren(...parts);
    this.noteBox.hidden = !parts.length;
  }

  tiles(wanted) {
    if (wanted === Boolean(this.tileLayer)) return;
    if (wanted) this.tileLayer = L.tileLayer(GSI, { minZoom: 5, maxZoom: 18 }).addTo(this.map);
    else this.tileLayer = void this.tileLayer.remove();
    this.map.options.zoomSnap = wanted ? 1 : ZOOM_STEP; // a tile is sharp at whole zooms only
  }

  pickTown(town) {
    this.town = town;
    this.refreshCard();
    this.send("municipality", this.boundaries.towns[town].code);
  }

  pickMembers(members) {
    this.town = undefined;
    this.towns.mark(this.data.view.highlighted);
    this.card.showMembers(members);
  }

  pickNothing() {
    this.town = undefined;
    this.towns.mark(this.data.view.highlighted);
    this.canvas.focus({ preventScroll: true });
  }

  /** Show the open card again with the figures of this view. */
  refreshCard() {
    const { view } = this.data;
    this.towns.mark(this.town ?? view.highlighted);
    if (this.town === undefined) return;
    const { towns, subprefectures } = this.boundaries;
    const town = towns[this.town];
    const members = this.symbols.inTown(this.town);
    const detail = this.towns.detail(this.town);
    const figures = [
      [view.measure, this.towns.value(this.town)],
      ...(detail ? [["", detail]] : []),
      ["人口(2020年)", `${thousands(town.population)}人`],
      ...(view.points ? [["地図の団体", `${thousands(members.length)}件(公表分)`]] : []),
    ];
    this.card.showTown(town, subprefectures[town.subprefecture].name, figures, members);
  }

  /** Go where the page points, once: a later run with the same focus leaves the reader alone. */
  focus(focus) {
    const wanted = JSON.stringify(focus);
    if (wanted === this.focused) return;
    this.focused = wanted;
    if (focus !== null) {
      const bounds = typeof focus === "string"
        ? this.towns.bounds(this.boundaries.towns.findIndex((town) => town.code === focus))
        : [[focus[0], focus[1]], [focus[2], focus[3]]];
      this.goTo(bounds, { animate: this.frame.dataset.drawn !== undefined });
    }
    this.remember();
  }

  /** Bring a place into the part of the map that controls, legend and card leave free. */
  goTo(bounds, options = {}) {
    const { left, bottom } = this.besideLegend();
    const wide = this.canvas.clientWidth > left + 2 * CARD_WIDTH;
    this.map.fitBounds(bounds, {
      maxZoom: TOWN_MAX_ZOOM,
      paddingTopLeft: [left, CONTROLS],
      paddingBottomRight: [wide ? CARD_WIDTH : EDGE, bottom],
      ...options,
    });
  }

  /** @returns {{left: number, bottom: number}} px to keep free, whichever leaves more room */
  besideLegend() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const legendWidth = this.legendBox.offsetWidth + 2 * EDGE;
    const legendHeight = this.legendBox.offsetHeight + 3 * EDGE;
    const beside = Math.min(width - legendWidth, height);
    const above = Math.min(width, height - legendHeight);
    return beside > above
      ? { left: legendWidth, bottom: EDGE }
      : { left: EDGE, bottom: legendHeight };
  }

  fitHome() {
    const { left, bottom } = this.besideLegend();
    this.quietly(() => this.map.fitBounds(HOME, {
      paddingTopLeft: [left, EDGE], paddingBottomRight: [EDGE, bottom], animate: false,
    }));
    this.home = true;
    this.remember();
  }

  /** Move the map without taking it for a move of the reader's. */
  quietly(move) {
    this.quiet = true;
    move();
    this.quiet = false;
  }

  moved() {
    if (!this.quiet) this.home = false;
    this.symbols.draw();
    this.legend();
    this.remember();
  }

  resized() {
    this.quietly(() => this.map.invalidateSize({ animate: false }));
    if (this.home) this.fitHome();
  }

  /** Keep the place for when the reader comes back to the page. */
  remember() {
    const { lat, lng } = this.map.getCenter();
    const place = { home: this.home, lat, lng, zoom: this.map.getZoom(), focused: this.focused };
    keep(`hokkaido-map/${this.data.key}`, place);
  }

  restore() {
    const kept = recall(`hokkaido-map/${this.data.key}`);
    this.focused = kept?.focused ?? "null";
    if (kept && !kept.home) this.map.setView([kept.lat, kept.lng], kept.zoom, { animate: false });
    else this.fitHome();
  }

  remove() {
    this.resizing?.disconnect();
    this.map?.remove();
    this.map = undefined;
    this.town = undefined;
    this.focused = undefined;
    this.legendDrawn = undefined;
    this.tileLayer = undefined;
  }
}
