// Details: what a block or an edge shows on request, and its chain on the picture.

import { sizeOf } from "./arrays.js";
import { byId, element } from "./elements.js";
import { MOST, number, say } from "./numbers.js";

export class Details {
  constructor(data, picture, machine, explanations) {
    Object.assign(this, { data, picture, machine, explanations, pinned: null, shown: [] });
    this.panel = byId("details");
    for (const [id, group] of picture.blocks) {
      const { title, lines } = data.blocks[id];
      this.listen(group, id, [title, ...lines.map((line) => say(line))].join(", "));
    }
    data.links.forEach((link, i) => {
      if (link.explained.length) this.listen(picture.edges[i], link.id, link.title);
    });
    if (machine) machine.listeners.push(() => this.again());
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

  // Show a part again, with the numbers as they are; what had the focus keeps it.
  again() {
    const buttons = () => [...this.panel.querySelectorAll("button, input")];
    const focused = buttons().indexOf(document.activeElement);
    this.show(...this.shown);
    if (focused >= 0 && buttons()[focused]) buttons()[focused].focus();
  }

  // Show a part, and why one of its gradients is what it is.
  show(id, chosen) {
    this.shown = [id, chosen];
    if (!id) return;
    const block = this.data.blocks[id];
    const part = block || this.data.links.find((link) => link.id === id);
    this.panel.replaceChildren();
    element("h2", part.title, this.panel);
    const [node, entry] = chosen || part.explained[0] || [];
    if (node !== undefined) {
      this.explain({ node, entry: entry === null ? this.explanations.largest(node) : entry });
    }
    if (block) this.describe(block);
    else for (const line of part.lines) element("div", say(line, this.machine), this.panel);
    if (!chosen) this.offer(part.explained.slice(1));
  }

  describe(block) {
    for (const line of block.lines) element("div", say(line, this.machine), this.panel);
    const list = element("dl", undefined, this.panel);
    for (const detail of block.details) {
      element("dt", `${detail.name} ${detail.shape}`, list);
      if (detail.value.length) element("dd", say(detail.value, this.machine), list);
      if (!detail.gradient.length) continue;
      const gradient = element("dd", "∂: ", list);
      if (detail.explained === null) gradient.append(say(detail.gradient, this.machine));
      else this.list(detail.explained, gradient);
    }
    if (block.update.length) element("p", say(block.update, this.machine), this.panel);
  }

  explain(asked) {
    const { lines, next } = this.explanations.tell(asked);
    const checked = this.explanations.check(asked);
    const text = [...lines, ...(checked ? [checked] : [])].join("\n");
    element("pre", text.replace(/\n{2,}/g, "\n\n"), this.panel);
    this.offer(next.map(({ node, entry }) => [node, entry]));
  }

  // Buttons for numbers that can be explained next.
  offer(numbers) {
    if (!numbers.length) return;
    const place = element("p", "Why ", this.panel);
    place.className = "next";
    for (const [node, given] of numbers) {
      const entry = given === null ? this.explanations.largest(node) : given;
      this.button(this.explanations.slope({ node, entry }), node, entry, place);
    }
  }

  // The numbers of a gradient, each of which explains itself.
  list(node, place) {
    const { shape, data } = this.machine.value(this.explanations.nodes[node].gradient);
    [...data.slice(0, MOST)].forEach((value, entry) => {
      const button = this.button(number(value), node, entry, place);
      button.setAttribute("aria-label", `Why ${this.explanations.slope({ node, entry })} = ${number(value)}`);
    });
    if (data.length > MOST) this.field(node, shape, place);
  }

  // A field for the place of a number, where there are more than are listed.
  field(node, shape, place) {
    const label = element("label", `… ${sizeOf(shape)} numbers; that at `, place);
    const field = element("input", undefined, label);
    field.placeholder = shape.map(() => "1").join(", ");
    field.size = 8;
    field.addEventListener("change", () => {
      const entry = entryAt(field.value, shape);
      if (entry !== null) this.show(this.shown[0], [node, entry]);
    });
  }

  button(text, node, entry, place) {
    const button = element("button", text, place);
    button.type = "button";
    button.addEventListener("click", () => {
      this.show(this.shown[0], [node, entry]);
      this.panel.scrollTop = 0;
    });
    return button;
  }
}

// The entry at a place written as row, column, counted from 1; null if there is none.
function entryAt(text, shape) {
  const at = text.split(/[ ,;]+/).filter(Boolean).map(Number);
  const inside = at.length === shape.length && at.every((n, i) => Number.isInteger(n) && n >= 1 && n <= shape[i]);
  return inside ? at.reduce((entry, n, i) => entry * shape[i] + n - 1, 0) : null;
}
