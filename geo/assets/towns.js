/* The polygons: municipalities, the Northern Territories, and the lines between subprefectures. */

import { element, hatchPattern, svgElement } from "./dom.js";

const INK = "#1B2733";
const NORTHERN_FILL = "#E7EAED";
const OVER_TILES = 0.6;

export class Towns {
  /**
   * @param {object} map a Leaflet map
   * @param {object} boundaries the content of boundaries.json
   * @param {(town: number) => void} onPick called with the number of a clicked municipality
   */
  constructor(map, boundaries, onPick) {
    this.map = map;
    this.towns = boundaries.towns;
    this.fills = new Array(this.towns.length).fill(null);
    this.lines = new Map();
    for (const [name, order] of [["hk-lines", 410], ["hk-outlines", 420], ["hk-highlight", 430]]) {
      const pane = map.createPane(name);
      pane.style.zIndex = order;
      pane.style.pointerEvents = "none";
    }
    const border = { color: "#FFFFFF", weight: 0.6, fillOpacity: 1, smoothFactor: 0.5 };
    this.northern = L.polygon(boundaries.northern, { ...border, fillColor: NORTHERN_FILL });
    this.northern.bindTooltip("北方領土(集計の対象外)", { sticky: true }).addTo(map);
    this.polygons = this.towns.map((town, number) => {
      const polygon = L.polygon(town.polygons, { ...border, fillColor: NORTHERN_FILL });
      polygon.bindTooltip(() => this.tooltip(number), { sticky: true });
      polygon.on("click", () => onPick(number));
      polygon.on("mouseover", () => this.point(number));
      polygon.on("mouseout", () => this.point(null));
      return polygon.addTo(map);
    });
    const drawn = { interactive: false, fill: false, smoothFactor: 0.5 };
    L.polyline(boundaries.lines, {
      ...drawn, pane: "hk-lines", color: INK, opacity: 0.35, weight: 1,
    }).addTo(map);
    this.hover = L.polygon([], {
      ...drawn, pane: "hk-outlines", color: INK, weight: 2.4,
    }).addTo(map);
    this.casing = L.polygon([], {
      ...drawn, pane: "hk-highlight", color: "#FFFFFF", weight: 6,
    }).addTo(map);
    this.highlight = L.polygon([], {
      ...drawn, pane: "hk-highlight", color: "#0B5C8A", weight: 3,
    }).addTo(map);
    this.definitions = svgElement("defs");
    map.getPane("overlayPane").querySelector("svg").prepend(this.definitions);
  }

  /**
   * Draw a view; only what differs from the last one is touched.
   * @param {object} view
   */
  draw(view) {
    this.view = view;
    this.polygons.forEach((polygon, number) => {
      const colour = view.palette[parseInt(view.colours[number], 36)];
      const fill = view.hatched[number] === "1" ? this.hatch(colour) : colour;
      if (fill !== this.fills[number]) polygon.setStyle({ fillColor: fill });
      this.fills[number] = fill;
      this.outline(number, view.outlined[number] === "1");
    });
    const opacity = view.tiles ? OVER_TILES : 1;
    if (opacity !== this.opacity) {
      const all = [this.northern, ...this.polygons];
      for (const polygon of all) polygon.setStyle({ fillOpacity: opacity });
      this.opacity = opacity;
    }
  }

  /** @param {number|null} number the one municipality to mark, null for none */
  mark(number) {
    if (number === this.marked) return;
    this.marked = number;
    const polygons = number === null ? [] : this.towns[number].polygons;
    this.casing.setLatLngs(polygons);
    this.highlight.setLatLngs(polygons);
  }

  /** @param {number|null} number the municipality that the keys have reached, null for none */
  point(number) {
    this.hover.setLatLngs(number === null ? [] : this.towns[number].polygons);
  }

  /** @param {number} number @returns {object} the bounds of a municipality */
  bounds(number) {
    return this.polygons[number].getBounds();
  }

  /** @param {number} number @returns {string} the text of a municipality in this view */
  value(number) {
    const [texts, positions] = this.view.values;
    return texts[positions[number]];
  }

  /** @param {number} number @returns {string} the second line of a municipality, or "" */
  detail(number) {
    if (!this.view.details) return "";
    const [texts, positions] = this.view.details;
    return texts[positions[number]];
  }

  tooltip(number) {
    return element(
      "div", {},
      element("b", {}, this.towns[number].name),
      element("br"),
      `${this.view.measure}: ${this.value(number)}`,
    );
  }

  outline(number, wanted) {
    const line = this.lines.get(number);
    if (wanted && !line) {
      this.lines.set(number, L.polygon(this.towns[number].polygons, {
        pane: "hk-outlines", interactive: false, fill: false, color: INK, weight: 1.8,
        smoothFactor: 0.5,
      }).addTo(this.map));
    } else if (!wanted && line) {
      line.remove();
      this.lines.delete(number);
    }
  }

  hatch(colour) {
    const id = `hk-hatch-${colour.slice(1)}`;
    const known = this.definitions.querySelector(`#${id}`);
    if (!known) this.definitions.append(hatchPattern(id, colour));
    return `url(#${id})`;
  }
}
