/*
 * 会議モード: a sequence of screens over the whole window, moved by keys or a presenter's remote.
 * Every screen is laid out for 1920 × 1080 and scaled as one, so that it looks the same everywhere.
 */

const WIDTH = 1920;
const HEIGHT = 1080;
const NEXT = new Set(["ArrowRight", "ArrowDown", "PageDown", " ", "Enter"]);
const BACK = new Set(["ArrowLeft", "ArrowUp", "PageUp", "Backspace"]);
const BLANK = new Set(["b", "B", "."]);
const SMALLEST = 0.6; // of a text's size, before it is cut

const rooms = new WeakMap(); // by the node that Streamlit gives

export default function (component) {
  const { data, parentElement } = component;
  if (!rooms.has(parentElement)) rooms.set(parentElement, new Room(parentElement));
  const room = rooms.get(parentElement);
  room.update(data);
  return () => room.leave();
}

/** Make an element; every string becomes text, never markup. */
function element(tag, name, ...children) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...children);
  return made;
}

class Room {
  constructor(root) {
    this.lobby = root.querySelector(".lobby");
    this.dialog = root.querySelector(".room");
    this.stage = root.querySelector(".stage");
    this.blank = root.querySelector(".blank");
    this.number = 0;
    this.addresses = [];
    this.keys = (event) => this.pressed(event);
    this.fit = () => this.scale();
    this.left = () => { if (!document.fullscreenElement && this.full) this.close(); };
    this.dialog.addEventListener("cancel", (event) => { event.preventDefault(); this.close(); });
    this.dialog.addEventListener("click", () => this.go(1));
  }

  update({ screens, open }) {
    this.screens = screens;
    this.number = Math.min(this.number, Math.max(0, screens.length - 1));
    for (const address of this.addresses) URL.revokeObjectURL(address);
    this.addresses = [];
    this.pictures = new Map(screens.map((screen) => [screen.key, this.image(screen.picture)]));
    this.codes = new Map(screens.map((screen) => [screen.key, this.image(screen.qr)]));
    this.show();
    if (this.dialog.open) this.draw();
    else if (open && !this.opened) this.open(0, false);
    this.opened = true;
  }

  /** An SVG becomes the address of an image: nothing in it can run. */
  image(svg) {
    if (!svg) return "";
    const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    this.addresses.push(address);
    return address;
  }

  /** The list before the start: any screen can be the first. */
  show() {
    const start = element("button", "start", "会議モードを始める(全画面)");
    start.type = "button";
    start.addEventListener("click", () => this.open(0, true));
    const list = element("ol", "list", ...this.screens.map((screen, number) => {
      const from = element("button", "", element("b", "", screen.title), element("span", "", screen.headline));
      from.type = "button";
      from.addEventListener("click", () => this.open(number, true));
      return element("li", "", from);
    }));
    const keys = element(
      "p", "keys", "→ ・ スペース ・ PageDown = 次へ  ← ・ PageUp = 前へ  B または . = 画面を消す  Esc = 終わる",
    );
    this.lobby.replaceChildren(start, keys, list);
  }

  async open(number, full) {
    this.number = number;
    this.full = false;
    if (full) {
      // A browser may refuse; the window is then filled without it.
      this.full = await document.documentElement.requestFullscreen?.().then(() => true, () => false);
    }
    if (!this.dialog.open) this.dialog.showModal();
    document.addEventListener("keydown", this.keys, true);
    document.addEventListener("fullscreenchange", this.left);
    window.addEventListener("resize", this.fit);
    this.draw();
  }

  close() {
    this.full = false;
    this.blank.hidden = true;
    document.removeEventListener("keydown", this.keys, true);
    document.removeEventListener("fullscreenchange", this.left);
    window.removeEventListener("resize", this.fit);
    if (document.fullscreenElement) document.exitFullscreen();
    if (this.dialog.open) this.dialog.close();
  }

  leave() {
    this.close();
    for (const address of this.addresses) URL.revokeObjectURL(address);
    this.addresses = [];
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (NEXT.has(event.key)) this.go(1);
    else if (BACK.has(event.key)) this.go(-1);
    else if (BLANK.has(event.key)) this.blank.hidden = !this.blank.hidden;
    else if (event.key === "Home") this.go(-this.number);
    else if (event.key === "End") this.go(this.screens.length);
    else if (event.key === "Escape") this.close();
    // The page below has keys of its own ("r" runs it again).
    event.preventDefault();
    event.stopPropagation();
  }

  go(step) {
    if (!this.blank.hidden) {
      this.blank.hidden = true;
      return;
    }
    const last = this.screens.length - 1;
    this.number = Math.max(0, Math.min(last, this.number + step));
    this.draw();
  }

  scale() {
    const factor = Math.min(innerWidth / WIDTH, innerHeight / HEIGHT);
    const x = (innerWidth - WIDTH * factor) / 2;
    const y = (innerHeight - HEIGHT * factor) / 2;
    this.stage.style.transform = `translate(${x}px, ${y}px) scale(${factor})`;
  }

  draw() {
    const screen = this.screens[this.number];
    if (!screen) return;
    const place = element("span", "", `${this.number + 1} / ${this.screens.length}`);
    this.stage.replaceChildren(
      element("p", "title", screen.title),
      element("h1", "", screen.headline),
      this.body(screen),
      element("footer", "", element("span", "", screen.source), place),
    );
    this.stage.dataset.screen = screen.key;
    this.scale();
    for (const text of this.stage.querySelectorAll("h1, .number, .label, .of, td, .points")) shrink(text);
  }

  body(screen) {
    const parts = [];
    const figures = screen.figures.map(([label, number, of]) => element(
      "div", "figure", element("div", "label", label), element("div", "number", number), element("div", "of", of),
    ));
    const points = screen.points.map((words) => element("li", "", words));
    if (screen.table && screen.picture) {
      parts.push(this.map(screen), element("div", "side", element("div", "row", ...figures), ...table(screen)));
    } else if (screen.picture || screen.bars) {
      const said = points.length ? [element("ul", "points said", ...points)] : [];
      parts.push(element("div", "column", ...figures, ...said));
      parts.push(screen.picture ? this.map(screen) : bars(screen));
    } else if (screen.table) {
      parts.push(element("div", "whole", ...table(screen)));
    } else {
      parts.push(element("div", "whole", element("ol", "points", ...points), element("div", "row", ...figures)));
      if (screen.qr) parts.push(this.code(screen));
    }
    return element("main", "", ...parts);
  }

  map(screen) {
    const image = element("img", "map");
    image.src = this.pictures.get(screen.key);
    image.alt = screen.pictureTitle;
    return image;
  }

  code(screen) {
    const image = element("img", "");
    image.src = this.codes.get(screen.key);
    image.alt = screen.address;
    return element("div", "code", image, element("p", "", screen.address));
  }
}

function table({ table: [header, ...rows], left }) {
  const head = element("tr", "", ...header.map((words) => element("th", "", words)));
  const lines = rows.map((row) => element("tr", "", ...row.map((words) => element("td", "", element("span", "", words)))));
  const grid = element("table", "", element("thead", "", head), element("tbody", "", ...lines));
  return [grid, ...(left ? [element("p", "left", `ほか${left}件`)] : [])];
}

function bars({ bars: rows, classes }) {
  const total = Math.max(...rows.map((row) => row.slice(1).reduce((sum, value) => sum + value, 0)));
  const key = element("ul", "key", ...classes.map(([words, colour]) => {
    const swatch = element("i", "");
    swatch.style.background = colour;
    return element("li", "", swatch, words);
  }));
  const lines = rows.map(([name, ...values]) => {
    const parts = values.map((value, number) => {
      const part = element("span", classes[number][2] ? "light" : "", value ? String(value) : "");
      part.style.background = classes[number][1];
      part.style.width = `${(100 * value) / total}%`;
      return part;
    });
    return element("div", "bar", element("p", "", name), element("div", "stack", ...parts));
  });
  return element("div", "bars", key, ...lines, element("p", "unit", "数字は市町村の数"));
}

/** Make a text smaller until it fits its box; what still does not ends in …, by the style. */
function shrink(text) {
  const size = parseFloat(getComputedStyle(text).fontSize);
  for (let part = 1; part >= SMALLEST; part -= 0.05) {
    text.style.fontSize = `${size * part}px`;
    // A single line is held by its width; a text of several lines by the height it is given.
    const high = getComputedStyle(text).maxHeight !== "none" && text.scrollHeight > text.clientHeight + 1;
    if (text.scrollWidth <= text.clientWidth + 1 && !high) return;
  }
}
