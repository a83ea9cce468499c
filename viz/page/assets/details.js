// Details: what a block or an edge shows on request, and its chain on the picture.

import { byId, element } from "./elements.js";
import { number, say } from "./numbers.js";

const near = (a, b) => Math.abs(a - b) <= 1e-7 + 1e-4 * Math.abs(b);

export class Details {
  constructor(data, picture, machine) {
    Object.assign(this, { data, picture, machine, pinned: null, shown: [] });
    this.panel = byId("details");
    for (const [id, group] of picture.blocks) {
      const { title, lines } = data.blocks[id];
      this.listen(group, id, [title, ...lines.map((line) => say(line))].join(", "));
    }
    data.links.forEach((link, i) => {
      if (link.explained.length) this.listen(picture.edges[i], link.id, link.title);
    });
    if (machine) machine.listeners.push(() => this.show(...this.shown));
  }

  listen(group, id, label) {
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "button");
    group.setAttribute("aria-label", label);
    group.classList.add("asked");
    group.addEventListener("mouseenter", () => { this.trace(id); if (!this.pinned) this.show(id); });
    group.addEventListener("mouseleave", () => this.trace(this.pinned));
    group.addEventListener("focus", () => { this.trace(id); this.show(id); });
    const pin = () => { this.pinned = this.pinned === id ? null : id; this.trace(id); this.show(id); this.panel.scrollIntoView({ block: "nearest" }); };
    group.addEventListener("click", pin);
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      pin();
      event.preventDefault();
    });
  }

  // Mark the way from a part to the loss, along which the chain rule multiplies.
  trace(id) {
    const link = this.data.links.find((each) => each.id === id);
    const reached = new Set(id ? [link ? link.head : id] : []);
    const along = new Set(link ? [id] : []);
    for (let size = -1; size !== reached.size + along.size; ) {
      size = reached.size + along.size;
      for (const each of this.data.links) {
        if (!reached.has(each.tail)) continue;
        along.add(each.id);
        reached.add(each.head);
      }
    }
    for (const [block, group] of this.picture.blocks) group.classList.toggle("chain", reached.has(block) || block === id);
    for (const edge of this.picture.edges) edge.classList.toggle("chain", along.has(edge.id));
    this.picture.svg.classList.toggle("traced", Boolean(id));
  }

  // Show a part, and why its gradients, or those of some numbers, are what they are.
  show(id, chosen) {
    this.shown = [id, chosen];
    if (!id) return;
    const block = this.data.blocks[id];
    const part = block || this.data.links.find((link) => link.id === id);
    this.panel.replaceChildren();
    element("h2", part.title, this.panel);
    if (block) this.describe(block);
    this.explain(chosen || part.explained);
  }

  describe(block) {
    for (const line of block.lines) element("div", say(line, this.machine), this.panel);
    const list = element("dl", undefined, this.panel);
    for (const detail of block.details) {
      element("dt", `${detail.name} ${detail.shape}`, list);
      if (detail.value.length) element("dd", say(detail.value, this.machine), list);
      if (detail.gradient.length) element("dd", `∂: ${say(detail.gradient, this.machine)}`, list);
    }
    if (block.update.length) element("p", say(block.update, this.machine), this.panel);
  }

  explain(chosen) {
    if (!chosen.length) return;
    element("h2", "Why?", this.panel);
    for (const index of chosen) {
      const explanation = this.data.explanations[index];
      const text = say(explanation.text, this.machine);
      element("pre", `${text}   ${this.checked(explanation)}`, this.panel);
    }
  }

  // Compare the gradient with a finite difference of the loss, where a leaf has one.
  checked({ leaf, entry, gradient }) {
    const { machine } = this;
    if (!machine || leaf === null || gradient === null) return "";
    const { loss } = this.data.machine;
    const value = machine.number(leaf, entry);
    const step = 1e-5 * Math.max(1, Math.abs(value));
    const [above, below] = [value + step, value - step].map(
      (v) => machine.imagined(loss, [[leaf, entry, v]]).data[0],
    );
    const slope = (above - below) / (2 * step);
    const exact = machine.value(gradient).data[entry];
    return `${near(slope, exact) ? "✓" : "✗"} finite difference ${number(slope)}`;
  }
}
