/*
 * The organisations, at three levels of detail: one circle a subprefecture, one a municipality,
 * then single points. A row that is known only to its municipality never becomes a point: the
 * town's office carries one ring for all of them.
 *
 * Points that would overlap are grouped on a grid of the screen, in plain arrays: ten thousand
 * take a few milliseconds, where a marker for each takes hundreds.
 */

import { element, thousands } from "./dom.js";

const TOWN_ZOOM = 8;
const POINT_ZOOM = 10;
const CELL = 64; // px, side of the grid
const APART = 40; // px, groups closer than this become one
const MARGIN = 0.3; // of the screen, drawn beyond its edge
const LIST_ZOOM = 15; // from here on a group is listed, not zoomed into
const SMALLEST = 14; // px, diameter of a circle
const LARGEST = 38;
const FULL_GROUP = 100; // organisations in a group drawn at the largest size
const LETTER = 11; // px, width and, nearly, height of a place name's characters

/**
 * @typedef {object} MapSymbol
 * @property {string} key what it is and how it looks: a marker with this key can stay
 * @property {"area"|"ring"|"group"|"point"} kind
 * @property {number} lat
 * @property {number} lon
 * @property {number} count
 * @property {number} [size] px
 * @property {string} label
 * @property {boolean} [named] whether the label is written beside it
 * @property {string} [colour]
 * @property {number} [town]
 * @property {number} [subprefecture]
 * @property {number[]} [members]
 */

/** @param {number} zoom @returns {"subprefecture"|"town"|"point"} */
function levelAt(zoom) {
  if (zoom < TOWN_ZOOM) return "subprefecture";
  return zoom < POINT_ZOOM ? "town" : "point";
}

export class Symbols {
  /**
   * @param {object} map a Leaflet map
   * @param {object} boundaries the content of boundaries.json
   * @param {object} organisations the content of organisations.json
   * @param {{town: Function, members: Function, zoomTo: Function}} on what a click does
   */
  constructor(map, boundaries, organisations, on) {
    this.map = map;
    this.towns = boundaries.towns;
    this.subprefectures = boundaries.subprefectures;
    this.organisations = organisations;
    this.on = on;
    this.visible = new Uint8Array(organisations.id.length);
    this.markers = new Map();
    this.layer = L.layerGroup().addTo(map);
    this.project(organisations);
    this.largest = this.totals();
  }

  /** @returns {{subprefecture: number, town: number}} the largest counts, filters aside */
  totals() {
    const towns = new Int32Array(this.towns.length);
    for (const town of this.organisations.town) towns[town] += 1;
    const subprefectures = this.bySubprefecture(towns);
    return { town: Math.max(1, ...towns), subprefecture: Math.max(1, ...subprefectures) };
  }

  /** @param {Int32Array} towns a count each @returns {Int32Array} the sums by subprefecture */
  bySubprefecture(towns) {
    const sums = new Int32Array(this.subprefectures.length);
    towns.forEach((count, number) => { sums[this.towns[number].subprefecture] += count; });
    return sums;
  }

  /** Keep each point's place on the world at zoom 0, in pixels; NaN for none. */
  project({ lat, lon }) {
    this.x = new Float64Array(lat.length).fill(NaN);
    this.y = new Float64Array(lat.length).fill(NaN);
    for (let i = 0; i < lat.length; i += 1) {
      if (lat[i] === null) continue;
      const sine = Math.sin((lat[i] * Math.PI) / 180);
      this.x[i] = 256 * (lon[i] / 360 + 0.5);
      this.y[i] = 256 * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI));
    }
  }

  /**
   * Take over which organisations are visible.
   * @param {string} bits base64 of one bit per organisation, lowest first
   * @param {boolean} shown
   */
  filter(bits, shown) {
    if (bits === this.bits && shown === this.shown) return;
    this.bits = bits;
    this.shown = shown;
    const bytes = Uint8Array.from(atob(bits), (character) => character.charCodeAt(0));
    this.townCount = new Int32Array(this.towns.length);
    this.ringCount = new Int32Array(this.towns.length);
    for (let i = 0; i < this.visible.length; i += 1) {
      this.visible[i] = (bytes[i >> 3] >> (i & 7)) & 1;
      if (!this.visible[i]) continue;
      this.townCount[this.organisations.town[i]] += 1;
      if (Number.isNaN(this.x[i])) this.ringCount[this.organisations.town[i]] += 1;
    }
    this.draw();
  }

  /** @returns {{level: string, points: boolean, rings: boolean}} what this zoom draws */
  kinds() {
    const rings = this.ringCount.some(Boolean);
    const points = this.townCount.some((count, town) => count > this.ringCount[town]);
    return { level: levelAt(this.map.getZoom()), points, rings };
  }

  /** @param {number} town @returns {number[]} the visible organisations of a municipality */
  inTown(town) {
    const found = [];
    if (!this.shown) return found;
    for (let i = 0; i < this.visible.length; i += 1) {
      if (this.visible[i] && this.organisations.town[i] === town) found.push(i);
    }
    return found;
  }

  /** Draw what this place and zoom ask for; markers that stay the same are kept. */
  draw() {
    const wanted = new Map(this.symbols().map((symbol) => [symbol.key, symbol]));
    for (const [key, marker] of this.markers) {
      if (wanted.has(key)) continue;
      marker.remove();
      this.markers.delete(key);
    }
    for (const [key, symbol] of wanted) {
      const kept = this.markers.get(key);
      if (kept) kept.symbol = symbol;
      else this.markers.set(key, this.marker(symbol));
    }
  }

  /** @returns {MapSymbol[]} */
  symbols() {
    const level = levelAt(this.map.getZoom());
    if (level === "subprefecture") return this.subprefectureCircles();
    const bounds = this.map.getBounds().pad(MARGIN);
    if (level === "town") return this.townCircles(bounds, this.townCount, "area");
    const rings = this.townCircles(bounds, this.ringCount, "ring");
    return this.shown ? [...rings, ...this.points()] : rings;
  }

  subprefectureCircles() {
    const counts = this.bySubprefecture(this.townCount);
    return this.subprefectures.map((area, number) => this.circle({
      kind: "area", lat: area.centre[0], lon: area.centre[1], count: counts[number],
      label: area.name, subprefecture: number, largest: this.largest.subprefecture,
    }));
  }

  townCircles(bounds, counts, kind) {
    const near = this.towns.flatMap((town, number) => {
      if (!bounds.contains(town.office)) return [];
      const [lat, lon] = town.office;
      const circle = { kind, lat, lon, count: counts[number], label: town.name, town: number };
      return [this.circle({ ...circle, largest: this.largest.town })];
    });
    return this.named(near);
  }

  circle({ largest, ...symbol }) {
    const count = this.shown ? symbol.count : 0;
    const key = `${symbol.kind}/${symbol.label}/${symbol.town}/${count}`;
    return { ...symbol, count, key, size: diameter(count, largest), named: true };
  }

  /** Write the names that find room beside the circles, those of the largest towns first. */
  named(symbols) {
    const boxes = symbols.filter(({ count }) => count).map((symbol) => {
      const { x, y } = this.map.latLngToLayerPoint([symbol.lat, symbol.lon]);
      const half = symbol.size / 2;
      return { owner: symbol, left: x - half, right: x + half, top: y - half, bottom: y + half };
    });
    const bySize = [...symbols].sort(
      (a, b) => this.towns[b.town].population - this.towns[a.town].population,
    );
    for (const symbol of bySize) {
      const { x, y } = this.map.latLngToLayerPoint([symbol.lat, symbol.lon]);
      const half = (symbol.label.length * LETTER) / 2;
      const top = symbol.count ? y + symbol.size / 2 : y - LETTER / 2;
      const box = { owner: symbol, left: x - half, right: x + half, top, bottom: top + LETTER + 2 };
      symbol.named = !boxes.some((other) => other.owner !== symbol && overlap(box, other));
      if (symbol.named) boxes.push(box);
      symbol.key += `/${symbol.named}`;
    }
    return symbols.filter(({ named, count }) => named || count);
  }

  /** @returns {MapSymbol[]} single points and groups near the screen */
  points() {
    const zoom = this.map.getZoom();
    const scale = 2 ** zoom;
    const box = this.map.getPixelBounds();
    const pad = box.getSize().multiplyBy(MARGIN);
    const [left, top] = [box.min.x - pad.x, box.min.y - pad.y];
    const [right, bottom] = [box.max.x + pad.x, box.max.y + pad.y];
    const cells = new Map();
    for (let i = 0; i < this.visible.length; i += 1) {
      const x = this.x[i] * scale;
      const y = this.y[i] * scale;
      // A NaN fails every comparison, so a row without a point is left out here.
      if (!(this.visible[i] && x > left && x < right && y > top && y < bottom)) continue;
      const [column, row] = [Math.floor(x / CELL), Math.floor(y / CELL)];
      const name = cellName(column, row);
      const cell = cells.get(name);
      if (cell) absorb(cell, { x, y, members: [i] });
      else cells.set(name, { column, row, x, y, members: [i] });
    }
    return mergeNeighbours(cells).map((group) => this.pointOrGroup(group, zoom, scale));
  }

  pointOrGroup({ x, y, members }, zoom, scale) {
    const place = this.map.unproject([x, y], zoom);
    const symbol = {
      lat: place.lat, lon: place.lng, count: members.length, members, label: "",
      size: diameter(members.length, FULL_GROUP),
    };
    const [first] = members;
    if (members.length > 1) {
      const corner = `${(x / scale).toFixed(7)},${(y / scale).toFixed(7)}`;
      return { ...symbol, kind: "group", key: `group/${corner}/${members.length}` };
    }
    const [field] = this.organisations.field[first];
    const colour = field === undefined ? "#5B6875" : this.organisations.fields[field][1];
    return { ...symbol, kind: "point", colour, key: `point/${first}` };
  }

  marker(symbol) {
    const icon = L.divIcon({ className: "hk-symbol", html: picture(symbol), iconSize: [0, 0] });
    const silent = symbol.kind !== "point" && symbol.count === 0;
    const marker = L.marker([symbol.lat, symbol.lon], {
      icon, interactive: !silent, keyboard: false, riseOnHover: true,
    });
    marker.symbol = symbol;
    marker.addTo(this.layer);
    if (silent) return marker;
    marker.on("click", () => this.pick(marker.symbol));
    marker.bindTooltip(() => this.tooltip(marker.symbol), { direction: "top", offset: [0, -10] });
    const drawn = marker.getElement();
    drawn.setAttribute("role", "img");
    drawn.setAttribute("aria-label", this.words(symbol).join(" "));
    return marker;
  }

  tooltip(symbol) {
    const [first, ...rest] = this.words(symbol);
    return element("div", {}, element("b", {}, first), ` ${rest.join(" ")}`);
  }

  /** @returns {string[]} what a symbol is, then what is in it */
  words(symbol) {
    if (symbol.kind === "point") return [this.organisations.name[symbol.members[0]]];
    const count = `${thousands(symbol.count)}件`;
    if (symbol.kind === "group") return [count];
    if (symbol.kind === "ring") return [symbol.label, count, "(位置は市町村まで)"];
    return [symbol.subprefecture === undefined ? symbol.label : `${symbol.label}管内`, count];
  }

  pick(symbol) {
    const { kind, town, subprefecture, members } = symbol;
    if (town !== undefined) this.on.town(town);
    else if (subprefecture !== undefined) this.on.zoomTo(this.areaBounds(subprefecture));
    else if (kind === "point" || this.map.getZoom() >= LIST_ZOOM) this.on.members(members);
    else this.zoomOrList(members);
  }

  /** Zoom to a group, or list it when all of it stands in one place. */
  zoomOrList(members) {
    const { lat, lon } = this.organisations;
    const bounds = L.latLngBounds(members.map((i) => [lat[i], lon[i]]));
    const alone = bounds.getSouthWest().distanceTo(bounds.getNorthEast()) < 5; // m
    if (alone) this.on.members(members);
    else this.on.zoomTo(bounds);
  }

  areaBounds(subprefecture) {
    const inside = this.towns.filter((town) => town.subprefecture === subprefecture);
    return L.latLngBounds(inside.map((town) => town.office)).pad(0.1);
  }

}

function cellName(column, row) {
  return row * 2 ** 20 + column; // the world at zoom 16 is 2 ** 18 cells wide
}

/** Add a group to another; its place is the mean of its members'. */
function absorb(group, other) {
  const total = group.members.length + other.members.length;
  group.x += ((other.x - group.x) * other.members.length) / total;
  group.y += ((other.y - group.y) * other.members.length) / total;
  group.members.push(...other.members);
}

/** Join groups that a grid line cut apart. */
function mergeNeighbours(cells) {
  const kept = new Map();
  for (const [name, cell] of cells) {
    let near;
    for (let row = -1; row <= 1 && !near; row += 1) {
      for (let column = -1; column <= 1 && !near; column += 1) {
        const other = kept.get(cellName(cell.column + column, cell.row + row));
        if (other && Math.hypot(other.x - cell.x, other.y - cell.y) < APART) near = other;
      }
    }
    if (near) absorb(near, cell);
    else kept.set(name, cell);
  }
  return [...kept.values()];
}

/** @param {MapSymbol} symbol @returns {HTMLElement} its picture; the area of a circle is its count */
function picture(symbol) {
  if (symbol.kind === "point") {
    return element("span", { class: "hk-point", style: `background:${symbol.colour}` });
  }
  const below = symbol.count ? `top:${symbol.size / 2}px` : "";
  const label = symbol.named
    ? [element("span", { class: "hk-place", style: below }, symbol.label)]
    : [];
  if (symbol.count === 0) return element("span", {}, ...label);
  const round = `width:${symbol.size}px;height:${symbol.size}px`;
  const circle = element(
    "span", { class: `hk-circle hk-${symbol.kind}`, style: round }, thousands(symbol.count),
  );
  return element("span", {}, circle, ...label);
}

/** @returns {number} px, growing with the square root of the count; its digits must fit */
function diameter(count, largest) {
  const grown = SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(Math.min(1, count / largest));
  return Math.max(Math.round(grown), 10 + 6 * thousands(count).length);
}

function overlap(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
