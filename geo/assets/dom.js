/**
 * Make an element. Every string becomes text, never markup: names come from data.
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an SVG element.
 * @param {string} tag
 * @param {Record<string, string|number>} attributes
 * @param {...Node} children
 * @returns {SVGElement}
 */
export function svgElement(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * Make a diagonal hatch over a colour: the sign of 未確認, on the map and in its legend.
 * @param {string} id
 * @param {string} colour
 * @returns {SVGElement}
 */
export function hatchPattern(id, colour) {
  const size = 6;
  const turned = { patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" };
  return svgElement(
    "pattern", { id, width: size, height: size, ...turned },
    svgElement("rect", { width: size, height: size, fill: colour }),
    svgElement("rect", { width: 1.6, height: size, fill: "#FFFFFF", "fill-opacity": 0.85 }),
  );
}

const grouped = new Intl.NumberFormat("ja-JP"); // making one is slow, so it is made once

/**
 * @param {number} count
 * @returns {string} with separated thousands
 */
export function thousands(count) {
  return grouped.format(count);
}
