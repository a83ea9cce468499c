// The view: zoom and pan, search, light and dark.

import { byId } from "./elements.js";

// Pixels of a point, below which text is too small.
const LEAST = 0.7;

export class View {
  constructor(svg) {
    this.svg = svg;
    this.whole = svg.getAttribute("viewBox").split(/[\s,]+/).map(Number);
    this.box = [...this.whole];
    const picture = byId("picture");
    picture.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, ...this.point(event));
    }, { passive: false });
    this.listenToDrags(picture);
    byId("zoom-in").addEventListener("click", () => this.zoom(1 / 1.3));
    byId("zoom-out").addEventListener("click", () => this.zoom(1.3));
    byId("fit").addEventListener("click", () => this.look([...this.whole]));
  }

  // Show a part of a picture whose text would be too small, around an element; what is
  // in view already stays.
  follow(group) {
    const { width, height } = byId("picture").getBoundingClientRect();
    const [, , wide, high] = this.whole;
    const scale = Math.min(width / wide, height / high);
    const all = this.box.every((side, i) => side === this.whole[i]);
    if (!group || !width || (all && scale >= LEAST)) return;
    const { x, y, width: w, height: h } = group.getBBox();
    const to = new DOMPoint(x + w / 2, y + h / 2).matrixTransform(
      this.svg.getScreenCTM().inverse().multiply(group.getScreenCTM()),
    );
    const [left, top, across, down] = this.box;
    const [near, under] = [Math.abs(to.x - left - across / 2), Math.abs(to.y - top - down / 2)];
    if (!all && near < 0.4 * across && under < 0.4 * down) return;
    const size = all ? [width / LEAST, height / LEAST] : [across, down];
    const into = (middle, length, begin, end) =>
      length >= end ? begin + (end - length) / 2 : Math.min(Math.max(middle - length / 2, begin), begin + end - length);
    this.look([into(to.x, size[0], this.whole[0], wide), into(to.y, size[1], this.whole[1], high), ...size]);
  }

  look(box) {
    this.box = box;
    this.svg.setAttribute("viewBox", box.join(" "));
  }

  zoom(factor, x = this.box[0] + this.box[2] / 2, y = this.box[1] + this.box[3] / 2) {
    const [left, top, width, height] = this.box;
    this.look([x - (x - left) * factor, y - (y - top) * factor, width * factor, height * factor]);
  }

  point(event) {
    const screen = new DOMPoint(event.clientX, event.clientY);
    const { x, y } = screen.matrixTransform(this.svg.getScreenCTM().inverse());
    return [x, y];
  }

  listenToDrags(picture) {
    let grabbed = null;
    picture.addEventListener("pointerdown", (event) => { grabbed = this.point(event); });
    picture.addEventListener("pointermove", (event) => {
      if (!grabbed || !event.buttons) { grabbed = null; return; }
      const [x, y] = this.point(event);
      const [left, top, width, height] = this.box;
      this.look([left + grabbed[0] - x, top + grabbed[1] - y, width, height]);
    });
    addEventListener("pointerup", () => { grabbed = null; });
  }
}

export function listenToSearch(data, picture, show) {
  byId("search").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    const hits = [];
    for (const [id, group] of picture.blocks) {
      const label = group.getAttribute("aria-label");
      const hit = wanted !== "" && `${id} ${label}`.toLowerCase().includes(wanted);
      group.classList.toggle("hit", hit);
      if (hit) hits.push(id);
    }
    byId("found").textContent = wanted ? `${hits.length} found` : "";
    if (hits.length) show(hits[0]);
  });
}

export function listenToTheme() {
  const set = (dark) => {
    document.documentElement.classList.toggle("dark", dark);
    byId("theme").textContent = dark ? "Light" : "Dark";
  };
  byId("theme").addEventListener("click", () => set(!document.documentElement.classList.contains("dark")));
  const { theme } = document.documentElement.dataset;
  const preferred = matchMedia("(prefers-color-scheme: dark)");
  if (theme === "auto") preferred.addEventListener("change", () => set(preferred.matches));
  set(theme === "auto" ? preferred.matches : theme === "dark");
}
