// Marks of gradients: dead, vanishing, exploding, not finite, as the picture has them.

const rms = (data) => Math.sqrt(data.reduce((sum, v) => sum + v * v, 0) / data.length);

export class Marks {
  constructor(marks, explained, machine) {
    Object.assign(this, { ...marks, explained, machine });
  }

  // The largest finite gradient that leaves the loss; others are small next to it.
  get reference() {
    const sizes = this.leaving.map((place) => rms(this.machine.value(place).data));
    return Math.max(0, ...sizes.filter(Number.isFinite));
  }

  // The mark of the gradient of an explained node; null for an ordinary one.
  of(node) {
    const { value, gradient } = this.explained[node];
    if (value === this.loss) return null;
    const { data } = this.machine.value(gradient);
    if (!data.every(Number.isFinite)) return "not finite";
    const [size, reference] = [rms(data), this.reference];
    if (size === 0) return "dead";
    if (reference > 0 && size < this.vanishing * reference) return "vanishing";
    return reference > 0 && size > this.exploding * reference ? "exploding" : null;
  }

  // The explained node whose gradient is at a place; -1 for none.
  whose(place) {
    return this.explained.findIndex(({ gradient }) => gradient === place);
  }

  // The sign behind the number at a place, if it is a gradient with a mark.
  sign(place) {
    const node = this.whose(place);
    const mark = node < 0 ? null : this.of(node);
    return mark ? ` ${this.signs[mark][0]}` : "";
  }

  // What a block says in words; `marked` are its nodes, and whether their units count.
  words(marked) {
    const found = marked.map(([node, units]) => {
      const mark = this.of(node);
      return mark ? this.signs[mark] : units && this.deadUnits(node);
    });
    return [...new Set(found.filter(Boolean))];
  }

  // The columns of a batch that are zero for every example.
  deadUnits(node) {
    const { shape, data } = this.machine.value(this.explained[node].gradient);
    if (shape.length !== 2 || shape[0] < 2) return "";
    const columns = [...Array(shape[1]).keys()];
    const dead = columns.filter((j) => data.every((v, i) => i % shape[1] !== j || v === 0));
    return dead.length ? `☠ ${dead.length} of ${shape[1]} units dead` : "";
  }
}
