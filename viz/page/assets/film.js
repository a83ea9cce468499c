// The film of one training step: forward, loss, sweep, accumulate, update.

import { byId, element } from "./elements.js";
import { fly } from "./flight.js";
import { later } from "./explanations.js";
import { number, say } from "./numbers.js";

// Marks, and remarks in words: the picture has those of the numbers as they are.
const MARKS = /(; [☠▼▲⚠✗] [^;]*)| [✓✗☠▼▲⚠]+/g;

export class Film {
  constructor(data, picture, machine, explanations) {
    const { steps, links } = data;
    Object.assign(this, { steps, links, picture, machine, explanations });
    this.since = new Map();
    this.steps.forEach((step, i) =>
      step.shows.forEach(([id, part]) => {
        const key = `${id}/${part}`;
        if (!this.since.has(key)) this.since.set(key, i);
      }),
    );
    const update = this.steps.findIndex((step) => step.phase === "update");
    this.whole = (update < 0 ? this.steps.length : update) - 1;
    this.timer = 0;
    this.listen();
    this.go(this.whole);
  }

  shown(id, part) {
    const since = this.since.get(`${id}/${part}`);
    return since === undefined || since <= this.now;
  }

  // Show a frame: what comes later is faint, and what is computed now is marked.
  go(to) {
    const before = this.now;
    this.now = Math.max(0, Math.min(this.steps.length - 1, to));
    const current = new Set(this.steps[this.now].shows.map(([id]) => id));
    for (const [id, group] of this.picture.blocks) {
      group.classList.toggle("later", !this.shown(id, "value"));
      group.classList.toggle("no-gradient", !this.shown(id, "gradient"));
      group.classList.toggle("now", current.has(id));
    }
    for (const edge of this.picture.edges) {
      edge.classList.toggle("later", !this.shown(edge.id, "edge"));
      edge.classList.toggle("no-gradient", !this.shown(edge.id, "gradient"));
      edge.classList.toggle("now", current.has(edge.id));
    }
    this.tell();
    this.look();
    if (this.now === before + 1) this.launch();
  }

  // Keep what is computed now in view.
  follow(view) {
    this.view = view;
    this.look();
  }

  look() {
    const ids = this.steps.length ? this.steps[this.now].shows.map(([id]) => id) : [];
    const block = ids.find((id) => this.picture.blocks.has(id));
    if (this.view && ids.length) this.view.follow(this.picture.blocks.get(block) || byId(ids[0]));
  }

  // Say the frame again, with the numbers as they are.
  tell() {
    const step = this.steps[this.now];
    const text = this.text(step);
    const slider = byId("slider");
    slider.value = String(this.now);
    slider.setAttribute("aria-valuetext", `${step.phase}: ${text}`);
    byId("count").textContent = `${this.now + 1} / ${this.steps.length}`;
    byId("said").replaceChildren(element("b", step.phase), text);
    this.picture.write(this.updated());
  }

  // A single gradient is told as the sum of products that it is.
  text(step) {
    const [[node, entry] = []] = step.why;
    if (node !== undefined) return this.explanations.said({ node, entry });
    const said = say(step.said, this.machine);
    return this.machine && this.machine.changed ? said.replace(MARKS, "") : said;
  }

  // The leaves that the frames up to now have updated.
  updated() {
    return new Set(this.steps.slice(0, this.now + 1).flatMap((step) => step.learns));
  }

  launch() {
    const step = this.steps[this.now];
    for (const i of step.flies) {
      const flow = this.links[i].flow || this.alongWeight(this.links[i]);
      fly(this.picture.edges[i], flow, this.machine);
    }
    if (step.phase !== "accumulate") return;
    const [[id]] = step.shows;
    const ending = this.links.filter((link) => link.tail === id && link.flow);
    if (ending.length < 2) return;
    for (const link of ending) {
      fly(byId(link.id), { factors: [], product: link.flow.product }, this.machine);
    }
  }

  // What flows back along a weight: the gradient behind it, times the weight.
  alongWeight({ weight, explained: [[node, entry] = []] }) {
    if (node === undefined || !weight) return null;
    const [{ top }] = this.explanations.terms({ node, entry });
    const factors = [this.explanations.gradient(top), this.machine.number(...weight)];
    return { factors: factors.map((v, i) => [later(v, i)]), product: [number(factors[0] * factors[1])] };
  }

  // Go on; from the last frame to the first of the next training step.
  next() {
    if (this.now < this.steps.length - 1) return this.go(this.now + 1);
    if (this.machine && this.machine.program.assigns.length) this.machine.step();
    return this.go(0);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    byId("play").textContent = "Play";
    byId("play").setAttribute("aria-pressed", "false");
  }

  toggle() {
    if (this.timer) return this.stop();
    if (this.now === this.whole) this.go(0);
    byId("play").textContent = "Pause";
    byId("play").setAttribute("aria-pressed", "true");
    this.timer = setInterval(() => this.next(), 1100);
    return undefined;
  }

  listen() {
    const slider = byId("slider");
    slider.max = String(Math.max(0, this.steps.length - 1));
    const jump = (to) => () => { this.stop(); this.go(to()); };
    slider.addEventListener("input", jump(() => Number(slider.value)));
    byId("play").addEventListener("click", () => this.toggle());
    byId("first").addEventListener("click", jump(() => 0));
    byId("back").addEventListener("click", jump(() => this.now - 1));
    byId("next").addEventListener("click", () => { this.stop(); this.next(); });
    byId("last").addEventListener("click", jump(() => this.steps.length));
  }
}
