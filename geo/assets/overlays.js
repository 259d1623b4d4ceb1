/*
 * The map to lay over: any layers, one pane each, in an order and an opacity of one's choice. The
 * page, the file that leaves and a notebook run this same code on a map that folium made.
 */

import { element, hatchPattern, svgElement, thousands } from "./dom.js";
import { Drawing } from "./drawing.js";
import { legendLines } from "./legend.js";
import { Symbols } from "./symbols.js";

const HOME = [[41.34, 139.3], [45.56, 145.85]]; // Hokkaido's main and western islands
const BASE = { land: "#F6F8FA", line: "#C9CFD6", ink: "#1B2733", northern: "#E7EAED" };
const [WIDE, PANEL, TOOLS, EDGE] = [900, 250, 44, 10]; // px
const FIRST_ORDER = 420; // of a pane; Leaflet's own stand below and above
const LAST_ORDER = 590;
const LABEL = { width: 11, height: 14 }; // px of a character
const POINT_RADIUS = 5;
const MANY = 2000; // shapes, from which a layer is one canvas

/**
 * Begin on a map; `hk.apply(state)` draws a state from then on.
 * @param {object} map a Leaflet map
 * @param {{pending: object|null, apply: Function}} hk
 * @param {string|null} files where boundaries.json and organisations.json are, null for in the page
 */
export async function start(map, hk, files) {
  try {
    const [boundaries, organisations] = files === null ? inPage() : await Promise.all(
      ["boundaries.json", "organisations.json"].map((name) => fetched(files + name)),
    );
    const overlaid = new Overlaid(map, boundaries, organisations);
    hk.overlaid = overlaid;
    hk.apply = (state) => overlaid.apply(state);
    if (hk.pending) hk.apply(hk.pending);
  } catch (error) {
    console.error(error);
    map.getContainer().append(element("p", { class: "hk-wait" }, "地図を読み込めませんでした。ページを読み込み直してください。"));
  }
}

function inPage() {
  const content = JSON.parse(document.querySelector("#hk-data").textContent);
  return [content.boundaries, content.organisations];
}

async function fetched(address) {
  const answer = await fetch(new URL(address, document.baseURI));
  if (!answer.ok) throw new Error(`${answer.status} ${address}`);
  return answer.json();
}

class Overlaid {
  constructor(map, boundaries, organisations) {
    this.map = map;
    this.boundaries = boundaries;
    this.organisations = organisations;
    this.layers = new Map(); // by key, as drawn
    this.off = new Set(); // what the reader has switched off here
    this.faint = new Map(); // opacity that the reader set here, by key
    this.moved = null; // order that the reader set here
    const frame = map.getContainer();
    frame.classList.add("hk-map", "hk-canvas", "hk-overlaid");
    this.base();
    this.controls();
    this.home(false);
    map.on("moveend", () => this.settled());
    new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(frame);
  }

  /** The ground without a tile: every municipality, the Northern Territories, the borders. */
  base() {
    const pane = this.pane("hk-base", 400);
    const { towns, northern, lines } = this.boundaries;
    const renderer = L.svg({ pane });
    const look = { pane, renderer, color: BASE.line, weight: 0.7, fillOpacity: 1, smoothFactor: 0.5, interactive: false };
    L.polygon(northern, { ...look, fillColor: BASE.northern }).addTo(this.map);
    L.polygon(towns.map(({ polygons }) => polygons).flat(), { ...look, fillColor: BASE.land }).addTo(this.map);
    const above = this.pane("hk-borders", LAST_ORDER + 5);
    L.polyline(lines, { pane: above, renderer: L.svg({ pane: above }), color: BASE.ink, opacity: 0.35, weight: 1, fill: false, interactive: false }).addTo(this.map);
  }

  /** Bring Hokkaido into view. */
  home(animate) {
    this.map.fitBounds(HOME, { animate, ...this.free() });
  }

  /** @returns {object} what tools and panel leave free */
  free() {
    const panel = this.map.getSize().x > WIDE ? PANEL : EDGE;
    return { paddingTopLeft: [EDGE, TOOLS], paddingBottomRight: [panel, EDGE] };
  }

  pane(name, order) {
    const made = this.map.getPane(name) ?? this.map.createPane(name);
    made.style.zIndex = order;
    made.classList.add("hk-pane");
    return name;
  }

  controls() {
    L.control.zoom({ position: "topleft", zoomInTitle: "拡大", zoomOutTitle: "縮小" }).addTo(this.map);
    const button = (words, act) => {
      const made = element("button", { type: "button", class: "hk-home" }, words);
      made.addEventListener("click", act);
      this.corner("topleft", made);
      return made;
    };
    button("全道に戻す", () => this.home(true));
    this.drawing = new Drawing(this.map);
    for (const one of this.drawing.buttons()) this.corner("topleft", one);
    this.full = button("全画面", () => this.fullScreen());
    button("印刷", () => window.print());
    this.panel = this.corner("topright", element("section", { class: "hk-legend hk-panel", "aria-label": "重ねた地図" }));
    this.note = this.corner("bottomright", element("div", { class: "hk-note" }));
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(this.map);
    this.title = element("h1", { class: "hk-title" });
    this.map.getContainer().prepend(this.title);
  }

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

  async fullScreen() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen();
  }

  /** Draw a state; only a layer that differs from the last one is drawn anew. */
  apply(state) {
    const order = JSON.stringify(state.layers.map(({ key }) => key));
    if (order !== this.given) this.moved = null;
    this.given = order;
    this.state = state;
    const wanted = new Map(state.layers.map((layer) => [layer.key, layer]));
    for (const [key, drawn] of this.layers) {
      const layer = wanted.get(key);
      if (layer && layer.rev === drawn.layer.rev) continue;
      drawn.remove();
      this.layers.delete(key);
    }
    for (const layer of state.layers) {
      const drawn = this.layers.get(layer.key);
      if (drawn) {
        if (drawn.layer.opacity !== layer.opacity) this.faint.delete(layer.key);
        drawn.layer = layer;
      } else this.layers.set(layer.key, this.drawn(layer));
    }
    this.arrange();
    this.title.textContent = state.title;
    this.note.textContent = state.note;
    this.drawing.offer(state.choosing);
    if (state.drawn && !this.restored) this.drawing.restore(state.drawn);
    this.restored = true;
    if (state.focus && JSON.stringify(state.focus) !== this.focused) {
      this.focused = JSON.stringify(state.focus);
      const [south, west, north, east] = state.focus;
      this.map.fitBounds([[south, west], [north, east]], { ...this.free(), maxZoom: 11, animate: false });
    }
    this.map.getContainer().dataset.drawn = state.revision;
  }

  drawn(layer) {
    const pane = this.pane(`hk-layer-${this.number = (this.number ?? 0) + 1}`, FIRST_ORDER);
    const many = (layer.features?.length ?? 0) > MANY;
    this.map.getPane(pane).classList.toggle("hk-many", many);
    const renderer = many ? L.canvas({ pane }) : L.svg({ pane });
    const made = { layer, pane: this.map.getPane(pane), labels: [], remove: () => {} };
    const group = L.layerGroup().addTo(this.map);
    made.group = group;
    if (layer.kind === "towns") this.towns(layer, { pane, renderer }, made);
    else if (layer.kind === "shapes") this.shapes(layer, { pane, renderer }, made);
    else this.points(made);
    const { remove } = made;
    made.remove = () => {
      remove();
      group.remove();
      renderer.remove();
      made.names?.remove();
      made.pane.remove();
    };
    return made;
  }

  towns(layer, look, made) {
    const border = { ...look, color: "#FFFFFF", weight: 0.6, fillOpacity: 1, smoothFactor: 0.5 };
    const hatches = svgElement("defs");
    const outlined = [];
    this.boundaries.towns.forEach((town, number) => {
      const colour = layer.palette[parseInt(layer.colours[number], 36)];
      let fillColor = colour;
      if (layer.hatched[number] === "1") {
        const id = `hk-hatch-${this.number}-${colour.slice(1)}`;
        if (!hatches.querySelector(`#${id}`)) hatches.append(hatchPattern(id, colour));
        fillColor = `url(#${id})`;
      }
      const value = layer.values[0][layer.values[1][number]];
      const polygon = L.polygon(town.polygons, { ...border, fillColor });
      polygon.bindTooltip(() => tip(town.name, `${layer.measure}: ${value}`), { sticky: true });
      made.group.addLayer(polygon);
      if (layer.outlined[number] === "1") outlined.push(town.polygons);
      made.labels.push({ place: town.office, words: `${town.name} ${value}`, weight: town.population });
    });
    if (outlined.length) {
      made.group.addLayer(L.polygon(outlined.flat(), { ...look, color: BASE.ink, weight: 1.8, fill: false, interactive: false, smoothFactor: 0.5 }));
    }
    made.pane.querySelector("svg")?.prepend(hatches);
  }

  shapes(layer, look, made) {
    // Under a catchment the towns still say what they are; on a canvas nothing below would.
    const interactive = layer.speaks && layer.features.length <= MANY;
    for (const [kind, coordinates, label, detail, colour] of layer.features) {
      const paint = layer.palette[colour];
      const style = { ...look, color: paint, fillColor: paint, weight: kind === "l" ? 3 : 1.5, fillOpacity: layer.fill, smoothFactor: 0.5, interactive };
      const shape = kind === "p"
        ? L.circleMarker(coordinates, { ...style, color: "#FFFFFF", radius: POINT_RADIUS, fillOpacity: 1 })
        : kind === "l" ? L.polyline(coordinates, { ...style, fill: false }) : L.polygon(coordinates, style);
      if (interactive && (label || detail)) shape.bindTooltip(() => tip(label, detail), { sticky: true });
      made.group.addLayer(shape);
      if (label) {
        const place = kind === "p" ? coordinates : shape.getBounds().getCenter();
        made.labels.push({ place, words: label, weight: 1 });
      }
    }
  }

  points(made) {
    const on = {
      town: () => {}, members: (members) => this.list(members),
      zoomTo: (bounds) => this.map.fitBounds(bounds, { maxZoom: 16, padding: [30, 30] }),
    };
    const symbols = new Symbols(this.map, this.boundaries, this.organisations, on);
    made.symbols = symbols;
    made.remove = () => symbols.layer.remove();
  }

  /** Say which organisations stand in one place. */
  list(members) {
    const { name, lat, lon, town } = this.organisations;
    const [first] = members;
    const place = lat[first] === null ? this.boundaries.towns[town[first]].office : [lat[first], lon[first]];
    const names = members.slice(0, 20).map((one) => element("li", {}, name[one]));
    const rest = members.length > 20 ? [element("p", {}, `ほか${thousands(members.length - 20)}件`)] : [];
    L.popup({ maxHeight: 240 }).setLatLng(place).setContent(element("div", {}, element("ul", {}, ...names), ...rest)).openOn(this.map);
  }

  /** @returns {object[]} the layers, the lowest first, as the reader or the page ordered them */
  ordered() {
    const keys = this.moved ?? this.state.layers.map(({ key }) => key);
    return keys.map((key) => this.layers.get(key)).filter(Boolean);
  }

  arrange() {
    this.ordered().forEach((drawn, place) => {
      const { key, opacity, labels } = drawn.layer;
      const shown = !this.off.has(key);
      drawn.pane.style.zIndex = Math.min(FIRST_ORDER + place, LAST_ORDER);
      drawn.pane.style.opacity = this.faint.get(key) ?? opacity;
      drawn.pane.style.display = shown ? "" : "none";
      if (drawn.symbols) drawn.symbols.filter(drawn.layer.visible, shown);
      this.name(drawn, shown && labels);
    });
    this.showList();
  }

  /** Write the names that find room, the weightiest first. */
  name(drawn, wanted) {
    drawn.names?.remove();
    drawn.names = undefined;
    if (!wanted) return;
    const view = this.map.getBounds();
    const taken = [];
    const group = L.layerGroup();
    for (const { place, words } of [...drawn.labels].sort((a, b) => b.weight - a.weight)) {
      if (!view.contains(place)) continue;
      const { x, y } = this.map.latLngToLayerPoint(place);
      const half = (words.length * LABEL.width) / 2;
      const box = { left: x - half, right: x + half, top: y - LABEL.height, bottom: y + LABEL.height };
      const free = !taken.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
      if (!free) continue;
      taken.push(box);
      const html = element("span", { class: "hk-name" }, words);
      group.addLayer(L.marker(place, { icon: L.divIcon({ className: "hk-symbol", html, iconSize: [0, 0] }), interactive: false, keyboard: false }));
    }
    drawn.names = group.addTo(this.map);
  }

  settled() {
    for (const drawn of this.layers.values()) {
      const shown = !this.off.has(drawn.layer.key);
      if (drawn.symbols) drawn.symbols.draw();
      this.name(drawn, shown && drawn.layer.labels);
    }
    if (this.state && this.level !== this.map.getZoom()) this.showList();
    this.level = this.map.getZoom();
  }

  /** The list of layers, the topmost first, each with switch, order, opacity and legend. */
  showList() {
    const open = new Set([...this.panel.querySelectorAll("details[data-key]")].filter((one) => !one.open).map((one) => one.dataset.key));
    const top = this.ordered().reverse();
    const rows = top.map((drawn, place) => this.row(drawn, place, top.length, !open.has(drawn.layer.key)));
    const empty = rows.length ? [] : [element("p", {}, "重ねる層を選ぶと、ここに凡例が出ます。")];
    this.panel.replaceChildren(element("h2", {}, "重ねた地図(上から)"), ...rows, ...empty, ...this.about());
  }

  /** What a file that stands alone says of itself; it begins folded. */
  about() {
    if (!this.state.about.length) return [];
    const lines = this.state.about.map((line) => element("p", {}, line));
    const made = element("details", { class: "hk-layer hk-about" }, element("summary", {}, "比べ方と出典"), ...lines);
    made.open = this.panel.querySelector(".hk-about")?.open ?? false;
    return [made];
  }

  row(drawn, place, count, open) {
    const { layer } = drawn;
    const box = element("input", { type: "checkbox", "aria-label": `${layer.title}を表示` });
    box.checked = !this.off.has(layer.key);
    box.addEventListener("change", () => {
      if (box.checked) this.off.delete(layer.key);
      else this.off.add(layer.key);
      this.arrange();
    });
    const slide = element("input", { type: "range", min: "10", max: "100", step: "5", "aria-label": `${layer.title}の濃さ(%)`, title: "濃さ" });
    slide.value = String(Math.round(100 * (this.faint.get(layer.key) ?? layer.opacity)));
    slide.addEventListener("input", () => {
      this.faint.set(layer.key, Number(slide.value) / 100);
      drawn.pane.style.opacity = this.faint.get(layer.key);
    });
    const step = (words, label, by, dead) => {
      const made = element("button", { type: "button", "aria-label": label, title: label }, words);
      made.disabled = dead;
      made.addEventListener("click", () => this.move(layer.key, by));
      return made;
    };
    const head = element(
      "div", { class: "hk-row" }, box, element("b", {}, layer.title),
      step("▲", `${layer.title}を上へ`, 1, place === 0),
      step("▼", `${layer.title}を下へ`, -1, place === count - 1),
    );
    const key = element("details", { "data-key": layer.key }, element("summary", {}, "凡例"), this.key(drawn));
    key.open = open;
    return element("div", { class: "hk-layer" }, head, ...(drawn.symbols ? [] : [slide]), key);
  }

  move(key, by) {
    const keys = this.ordered().map(({ layer }) => layer.key);
    const from = keys.indexOf(key);
    keys.splice(from, 1);
    keys.splice(from + by, 0, key);
    this.moved = keys;
    this.arrange();
  }

  key({ layer, symbols }) {
    const kinds = symbols ? symbols.kinds() : { level: "", points: false, rings: false };
    const unit = layer.unit ? [element("p", { class: "hk-unit" }, `${layer.measure}(${layer.unit})`)] : [];
    const lines = legendLines({ ...layer, points: Boolean(symbols) }, this.organisations.families, kinds);
    return element("div", { class: "hk-legend" }, ...unit, ...lines);
  }
}

function tip(head, detail) {
  return element("div", {}, element("b", {}, head), ...(detail ? [element("br"), detail] : []));
}
