/* The legend, always on the map: the measure's classes, and what the symbols of this zoom mean. */

import { element, hatchPattern, svgElement } from "./dom.js";

/**
 * Make the legend of a view.
 * @param {object} view
 * @param {[string, string][]} families names and colours of the points
 * @param {{level: string, points: boolean, rings: boolean}} symbols what is drawn at this zoom
 * @param {boolean} open whether it is unfolded; a press on its title folds it
 * @returns {HTMLElement}
 */
export function legend(view, families, symbols, open = true) {
  const unit = view.unit ? [element("span", { class: "hk-unit" }, `(${view.unit})`)] : [];
  return element(
    "section", { class: "hk-legend", "aria-label": "凡例" },
    element(
      "details", open ? { open: "" } : {},
      element("summary", {}, element("h3", {}, view.measure, ...unit)),
      ...legendLines(view, families, symbols),
    ),
  );
}

/** What stands in a legend below its title; all of it where something else says the title. */
export function legendLines(view, families, symbols) {
  return [
    ...(view.bivariate ? [bivariateKey(view.bivariate)] : []),
    element("ul", {}, ...view.legend.map(classLine)),
    ...(view.points ? symbolLines(families, symbols) : []),
  ];
}

function classLine([colour, label, hatched, outline]) {
  return element("li", {}, swatch(colour, hatched, outline), label);
}

function swatch(colour, hatched, outline) {
  const picture = svgElement("svg", { width: 20, height: 14, "aria-hidden": "true" });
  const id = `hk-key-${colour.slice(1)}`;
  if (hatched) picture.append(svgElement("defs", {}, hatchPattern(id, colour)));
  const line = { fill: "#FFFFFF", stroke: colour, "stroke-width": 2.5 };
  const box = outline
    ? { x: 1.25, y: 1.25, width: 17.5, height: 11.5, ...line }
    : { width: 20, height: 14, fill: hatched ? `url(#${id})` : colour };
  picture.append(svgElement("rect", box));
  return picture;
}

function bivariateKey([colours, xLabel, yLabel]) {
  const size = 26;
  const squares = colours.map((colour, position) => svgElement("rect", {
    x: (position % 3) * size, y: (2 - Math.floor(position / 3)) * size,
    width: size - 1, height: size - 1, fill: colour,
  }));
  return element(
    "div", { class: "hk-bivariate", role: "img", "aria-label": `横軸 ${xLabel}、縦軸 ${yLabel}` },
    element("span", { class: "hk-y" }, `▲ ${yLabel}`),
    svgElement("svg", { width: 3 * size, height: 3 * size }, ...squares),
    element("span", { class: "hk-x" }, `${xLabel} ▶`),
  );
}

function symbolLines(families, { level, points, rings }) {
  const counts = { subprefecture: "団体の数(振興局管内ごと)", town: "団体の数(市町村ごと)" };
  if (level in counts) {
    return [element("ul", { class: "hk-symbols" }, symbolLine("hk-circle hk-area", counts[level]))];
  }
  const dots = families.map(([name, colour]) => element(
    "li", {}, element("span", { class: "hk-point", style: `background:${colour}` }), name,
  ));
  return [
    ...(points ? [element("ul", { class: "hk-symbols hk-families" }, ...dots)] : []),
    element(
      "ul", { class: "hk-symbols" },
      ...(points ? [symbolLine("hk-circle hk-group", "近くにある団体の数")] : []),
      ...(rings ? [symbolLine("hk-circle hk-ring", "位置は市町村まで(役場に表示)")] : []),
    ),
  ];
}

function symbolLine(className, words) {
  return element("li", {}, element("span", { class: className }), words);
}
