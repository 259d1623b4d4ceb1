/*
 * The map by keyboard: one tab stop, arrow keys from municipality to municipality, Enter opens it.
 * What is reached is said aloud with its figure; the same figures are in the table below the map.
 */

import { element } from "./dom.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ASIDE = 2; // how much dearer a pixel beside the way is than one along it
const EDGE = 60; // px that the municipality reached stays from the map's edge

export class Keys {
  /**
   * @param {object} map a Leaflet map
   * @param {HTMLElement} canvas its element
   * @param {object} towns the drawn municipalities
   * @param {{open: Function, home: Function}} on what Enter and Home do
   */
  constructor(map, canvas, towns, on) {
    this.map = map;
    this.towns = towns;
    this.on = on;
    this.said = element("p", { class: "hk-said", role: "status" });
    canvas.after(this.said);
    canvas.tabIndex = 0;
    canvas.addEventListener("keydown", (event) => this.pressed(event));
    canvas.addEventListener("blur", () => towns.point(null));
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return;
    if (ARROWS[event.key]) this.go(ARROWS[event.key]);
    else if (event.key === "Enter" && this.town !== undefined) this.on.open(this.town);
    else if (event.key === "+") this.map.zoomIn();
    else if (event.key === "-") this.map.zoomOut();
    else if (event.key === "Home") this.on.home();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Go to the nearest municipality in a direction; the first press begins in the map's middle. */
  go([right, down]) {
    const places = this.towns.towns.map((_, number) => this.map.latLngToContainerPoint(this.towns.bounds(number).getCenter()));
    const begun = this.town !== undefined;
    const from = begun ? places[this.town] : this.map.getSize().divideBy(2);
    let nearest;
    let least = Infinity;
    places.forEach((place, number) => {
      const x = place.x - from.x;
      const y = place.y - from.y;
      const along = x * right + y * down;
      const aside = Math.abs(x * down) + Math.abs(y * right);
      if (begun && (number === this.town || along <= 0)) return;
      const far = begun ? along + ASIDE * aside : Math.hypot(x, y);
      if (far < least) [nearest, least] = [number, far];
    });
    if (nearest === undefined) return;
    this.town = nearest;
    this.towns.point(nearest);
    this.map.panInside(this.towns.bounds(nearest).getCenter(), { padding: [EDGE, EDGE] });
    const detail = this.towns.detail(nearest);
    this.said.textContent = [this.towns.towns[nearest].name, `${this.towns.view.measure} ${this.towns.value(nearest)}`, detail].filter(Boolean).join("、");
  }
}
