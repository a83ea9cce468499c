// Training: one step, many steps, the learning rate, and the curve of the loss.

import { byId } from "./elements.js";
import { Curve } from "./curve.js";
import { number } from "./numbers.js";

const PAUSE = 60;

export class Training {
  constructor(loss, machine) {
    Object.assign(this, { place: loss, machine, timer: 0 });
    this.curve = new Curve(byId("curve"));
    this.losses = [];
    byId("step").addEventListener("click", () => {
      this.stop();
      machine.step();
    });
    byId("run").addEventListener("click", () => this.toggle());
    byId("reset").addEventListener("click", () => {
      this.stop();
      machine.reset();
    });
    this.listenToRate();
    machine.listeners.push(() => this.tell());
    this.tell();
  }

  get loss() {
    return this.machine.value(this.place).data[0];
  }

  toggle() {
    if (this.timer) return this.stop();
    this.press("Pause", true);
    this.timer = setInterval(() => {
      this.machine.step();
      if (!Number.isFinite(this.loss)) this.stop();
    }, PAUSE);
    return undefined;
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    this.press("Run", false);
  }

  press(text, pressed) {
    byId("run").textContent = text;
    byId("run").setAttribute("aria-pressed", String(pressed));
    // Screen readers need not follow every step of a run.
    for (const id of ["said", "details"]) byId(id).setAttribute("aria-busy", String(pressed));
  }

  // The learning rate; its slider goes from a hundredth of it to a hundred times it.
  listenToRate() {
    const { machine } = this;
    const { rate } = machine.program;
    const start = machine.number(rate, 0);
    const [field, slider] = [byId("rate"), byId("rate-slider")];
    const set = (value) => {
      if (Number.isFinite(value)) machine.set(rate, 0, value);
    };
    field.addEventListener("input", () => set(field.valueAsNumber));
    slider.addEventListener("input", () => {
      set(Number((start * 10 ** slider.value).toPrecision(3)));
    });
    const show = () => {
      const now = machine.number(rate, 0);
      if (document.activeElement !== field) field.value = String(Number(now.toPrecision(6)));
      slider.value = String(Math.log10(Math.max(now, 1e-12) / start));
      slider.setAttribute("aria-valuetext", String(now));
    };
    machine.listeners.push(show);
    show();
  }

  // A step adds a point to the curve; a number changed by hand moves the last one.
  tell() {
    const { steps } = this.machine;
    this.losses = [...this.losses.slice(0, steps), this.loss];
    const counted = steps === 1 ? "1 step" : `${steps} steps`;
    byId("progress").textContent = `${counted}, J = ${number(this.loss)}`;
    this.curve.show(this.losses);
  }
}
