// Checks: the gradients of all numbers that can be changed, against finite differences.
//
// An input or a parameter is moved a little in one direction, and the loss must then
// change as its gradient says. That takes a while, so it is done when the numbers rest.

const SPACING = 1e-5;
const CALM = 250;
const PENDING = "to be checked when the numbers rest";

export class Checks {
  constructor(explained, loss, machine, onDone) {
    Object.assign(this, { explained, loss, machine, onDone, timer: 0, agree: null });
    this.nodes = [...explained.keys()].filter((node) => {
      const { leaf, gradient } = explained[node];
      return leaf !== null && gradient !== null;
    });
    machine.listeners.push(() => this.wait());
  }

  wait() {
    clearTimeout(this.timer);
    this.agree = null;
    if (this.machine.changed) this.timer = setTimeout(() => this.run(), CALM);
  }

  run() {
    this.agree = new Map(this.nodes.map((node) => [node, this.agrees(node)]));
    this.onDone();
  }

  // Whether the loss changes as a gradient says.
  agrees(node) {
    const { leaf, gradient } = this.explained[node];
    const { data } = this.machine.leaves[leaf];
    const size = Math.sqrt(data.reduce((sum, v) => sum + v * v, 0) / data.length);
    const spacing = SPACING * Math.max(1, size);
    const direction = data.map((_, i) => Math.cos(1 + 7 * i));
    const [above, below] = [spacing, -spacing].map((by) => {
      const changes = [...data].map((v, i) => [leaf, i, v + by * direction[i]]);
      return this.machine.imagined(this.loss, changes).data[0];
    });
    const slope = (above - below) / (2 * spacing);
    const exact = this.machine.value(gradient).data.reduce((sum, g, i) => sum + g * direction[i], 0);
    return Math.abs(slope - exact) <= 1e-7 + 1e-3 * Math.abs(exact);
  }

  // The sign behind the gradient of a node; none where it cannot be changed.
  sign(node) {
    if (!this.agree || !this.agree.has(node)) return "";
    return this.agree.get(node) ? " ✓" : " ✗";
  }

  // What stands below the picture.
  verdict() {
    if (!this.agree) return PENDING;
    const wrong = this.nodes.filter((node) => !this.agree.get(node));
    const gradients = (nodes) => {
      const names = nodes.map((node) => this.explained[node].whole).join(", ");
      return `the gradient${nodes.length > 1 ? "s" : ""} of ${names}`;
    };
    if (wrong.length) return `✗ finite differences disagree with ${gradients(wrong)}`;
    return `✓ ${gradients(this.nodes)} agree${this.nodes.length > 1 ? "" : "s"} with finite differences`;
  }
}
