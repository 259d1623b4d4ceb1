/*
 * Draw polygons, rectangles and circles to choose by, and measure lengths and areas. It speaks
 * Leaflet.draw's events (draw:created, draw:deleted), so that streamlit-folium hands the shapes on.
 */

import { element, thousands } from "./dom.js";

const LOOK = { color: "#B2182B", weight: 2.5, fillOpacity: 0.06, dashArray: "6 4", pane: "hk-drawn" };
const NEAR = 10; // px from the first corner, where a press closes a polygon
const EARTH = 6371008.8; // m, mean radius (IUGG)
const TOOLS = {
  polygon: ["多角形", "角を順に押し、はじめの角かダブルクリックで閉じます。Escでやめます。"],
  rectangle: ["四角", "向かい合う2つの角を押します。Escでやめます。"],
  circle: ["円", "中心を押し、次に縁を押します。Escでやめます。"],
  measure: ["測る", "順に押すと長さ、3点からは囲む面積も出ます。ダブルクリックで終わります。"],
};

export class Drawing {
  constructor(map) {
    this.map = map;
    const pane = map.createPane("hk-drawn");
    pane.style.zIndex = 610;
    this.items = L.featureGroup().addTo(map);
    window.drawnItems = this.items; // where streamlit-folium looks
    this.guide = element("div", { class: "hk-guide", role: "status", hidden: "" });
    map.getContainer().append(this.guide);
    map.on("click", ({ latlng }) => this.press(latlng));
    map.on("mousemove", ({ latlng }) => this.sketch(latlng));
    map.on("dblclick", () => this.finish());
    document.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.stop();
      if (key === "Enter" && this.tool === "polygon") this.finish();
    });
  }

  /** @returns {HTMLElement[]} the buttons, to be put on the map */
  buttons() {
    const choosing = element("div", { class: "hk-tools", role: "group", "aria-label": "範囲を描く" });
    for (const tool of ["polygon", "rectangle", "circle"]) choosing.append(this.button(tool));
    const clear = element("button", { type: "button", class: "hk-home" }, "描いた範囲を消す");
    clear.addEventListener("click", () => this.clear());
    choosing.append(clear);
    this.choosing = choosing;
    const measuring = element("div", { class: "hk-tools" }, this.button("measure"));
    return [choosing, measuring];
  }

  button(tool) {
    const made = element("button", { type: "button", class: "hk-home", "aria-pressed": "false", "data-tool": tool }, TOOLS[tool][0]);
    made.addEventListener("click", () => (this.tool === tool ? this.stop() : this.begin(tool)));
    return made;
  }

  /** Show or hide what chooses: a file that nobody answers has no use for it. */
  offer(wanted) {
    this.choosing.hidden = !wanted;
  }

  /** Put shapes back that an address carries. */
  restore(shapes) {
    for (const [kind, ...rest] of shapes) {
      const layer = kind === "circle" ? L.circle(rest[0], { ...LOOK, radius: rest[1] }) : L.polygon(rest[0], LOOK);
      this.keep(layer, kind);
    }
  }

  begin(tool) {
    this.stop();
    this.tool = tool;
    this.points = [];
    this.mark(tool);
    this.map.doubleClickZoom.disable();
    this.map.getContainer().classList.add("hk-drawing");
    this.say(TOOLS[tool][1]);
  }

  stop() {
    this.tool = undefined;
    this.draft?.remove();
    this.draft = undefined;
    this.mark(undefined);
    this.map.getContainer().classList.remove("hk-drawing");
    setTimeout(() => this.tool || this.map.doubleClickZoom.enable(), 0);
    this.say("");
  }

  mark(tool) {
    for (const one of this.map.getContainer().querySelectorAll("[data-tool]")) {
      one.setAttribute("aria-pressed", String(one.dataset.tool === tool));
    }
  }

  say(words) {
    this.guide.textContent = words;
    this.guide.hidden = !words;
  }

  press(place) {
    if (!this.tool) return;
    const first = this.points[0];
    const last = this.points[this.points.length - 1];
    if (last && this.apart(last, place) < 2) return; // the second press of a double click
    if (this.tool === "polygon" && this.points.length > 2 && this.apart(first, place) < NEAR) {
      this.finish();
      return;
    }
    this.points.push(place);
    this.sketch(place);
    if (this.points.length === 2 && (this.tool === "rectangle" || this.tool === "circle")) this.finish();
  }

  apart(one, other) {
    return this.map.latLngToContainerPoint(one).distanceTo(this.map.latLngToContainerPoint(other));
  }

  sketch(place) {
    if (!this.tool || !this.points.length) return;
    this.draft?.remove();
    this.draft = this.shape([...this.points, place])?.addTo(this.map);
    if (this.tool === "circle") this.say(`半径 ${kilometres(this.map.distance(this.points[0], place))}`);
    if (this.tool === "measure") this.say(this.measured([...this.points, place]));
  }

  shape(points) {
    const still = { ...LOOK, interactive: false };
    if (this.tool === "rectangle") {
      const bounds = L.latLngBounds(points[0], points[1]);
      return L.polygon([bounds.getSouthWest(), bounds.getNorthWest(), bounds.getNorthEast(), bounds.getSouthEast()], still);
    }
    if (this.tool === "circle") return L.circle(points[0], { ...still, radius: this.map.distance(points[0], points[1]) });
    if (this.tool === "polygon" && points.length > 2) return L.polygon(points, still);
    return L.polyline(points, { ...still, fill: false });
  }

  measured(points) {
    let length = 0;
    for (let i = 1; i < points.length; i += 1) length += this.map.distance(points[i - 1], points[i]);
    const around = points.length > 2 ? `、囲む面積 ${squareKilometres(area(points))}` : "";
    return `長さ ${kilometres(length)}${around}(直線。ダブルクリックで終わる)`;
  }

  finish() {
    const { tool, points } = this;
    if (!tool) return;
    if (tool === "measure") {
      const words = points.length > 1 ? this.measured(points) : "";
      const line = points.length > 1 ? this.shape(points) : undefined;
      this.stop();
      this.said?.remove();
      this.said = line?.bindTooltip(words.split("(")[0], { permanent: true, direction: "top" }).addTo(this.map);
      return;
    }
    if (points.length < (tool === "polygon" ? 3 : 2)) return;
    const layer = this.shape(points);
    this.stop();
    this.keep(layer, tool);
  }

  keep(layer, kind) {
    this.items.addLayer(layer);
    this.map.fire("draw:created", { layer, layerType: kind });
  }

  clear() {
    this.stop();
    this.said?.remove();
    this.items.clearLayers();
    this.map.fire("draw:deleted", { layers: this.items });
  }
}

/** @returns {number} m², of a polygon on the sphere (Chamberlain and Duquette 2007) */
function area(points) {
  let sum = 0;
  points.forEach(({ lat, lng }, i) => {
    const next = points[(i + 1) % points.length];
    const width = ((next.lng - lng) * Math.PI) / 180;
    sum += width * (2 + Math.sin((lat * Math.PI) / 180) + Math.sin((next.lat * Math.PI) / 180));
  });
  return Math.abs((sum * EARTH * EARTH) / 2);
}

function kilometres(metres) {
  return metres < 10_000 ? `${(metres / 1000).toFixed(2)} km` : `${thousands(Math.round(metres / 1000))} km`;
}

function squareKilometres(squareMetres) {
  const whole = squareMetres / 1e6;
  return whole < 100 ? `${whole.toFixed(1)} km²` : `${thousands(Math.round(whole))} km²`;
}
