// The view: zoom and pan, search, light and dark.

import { byId } from "./elements.js";

export class View {
  constructor(svg) {
    this.svg = svg;
    this.whole = svg.getAttribute("viewBox").split(/[\s,]+/).map(Number);
    this.box = [...this.whole];
    const picture = byId("picture");
    const turn = (event) => {
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, ...this.point(event));
    };
    picture.addEventListener("wheel", turn, { passive: false });
    this.listenToDrags(picture);
    byId("zoom-in").addEventListener("click", () => this.zoom(1 / 1.3));
    byId("zoom-out").addEventListener("click", () => this.zoom(1.3));
    byId("fit").addEventListener("click", () => this.look([...this.whole]));
  }

  look(box) {
    this.box = box;
    this.svg.setAttribute("viewBox", box.join(" "));
  }

  // Zoom around a point, or around the middle.
  zoom(factor, x, y) {
    const [left, top, width, height] = this.box;
    const [atX, atY] = x === undefined ? [left + width / 2, top + height / 2] : [x, y];
    const corner = [atX - (atX - left) * factor, atY - (atY - top) * factor];
    this.look([...corner, width * factor, height * factor]);
  }

  point(event) {
    const screen = new DOMPoint(event.clientX, event.clientY);
    const { x, y } = screen.matrixTransform(this.svg.getScreenCTM().inverse());
    return [x, y];
  }

  listenToDrags(picture) {
    let grabbed = null;
    picture.addEventListener("pointerdown", (event) => {
      grabbed = this.point(event);
    });
    picture.addEventListener("pointermove", (event) => {
      if (!event.buttons) grabbed = null;
      if (!grabbed) return;
      const [x, y] = this.point(event);
      const [left, top, width, height] = this.box;
      this.look([left + grabbed[0] - x, top + grabbed[1] - y, width, height]);
    });
    addEventListener("pointerup", () => {
      grabbed = null;
    });
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
  const { classList } = document.documentElement;
  const set = (dark) => {
    classList.toggle("dark", dark);
    byId("theme").textContent = dark ? "Light" : "Dark";
  };
  byId("theme").addEventListener("click", () => set(!classList.contains("dark")));
  set(matchMedia("(prefers-color-scheme: dark)").matches);
}
