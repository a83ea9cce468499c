// The view: zoom and pan, search, light and dark.

import { byId } from "./elements.js";

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
