// Training: one step, many steps, the learning rate, and the curve of the loss.

import { byId } from "./elements.js";
import { Curve } from "./curve.js";
import { number } from "./numbers.js";

const PAUSE = 60;

export class Training {
  constructor(settings, machine) {
    Object.assign(this, { settings, machine, timer: 0 });
    this.curve = new Curve(byId("curve"));
    this.losses = [this.loss()];
    byId("step").addEventListener("click", () => { this.stop(); this.step(); });
    byId("run").addEventListener("click", () => this.toggle());
    byId("reset").addEventListener("click", () => { this.stop(); machine.reset(); });
    this.listenToRate();
    machine.listeners.push(() => this.tell());
    this.tell();
  }

  loss() {
    return this.machine.value(this.settings.loss).data[0];
  }

  step() {
    this.machine.step();
    if (!Number.isFinite(this.loss())) this.stop();
  }

  toggle() {
    if (this.timer) return this.stop();
    byId("run").textContent = "Pause";
    byId("run").setAttribute("aria-pressed", "true");
    this.timer = setInterval(() => this.step(), PAUSE);
    return undefined;
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    byId("run").textContent = "Run";
    byId("run").setAttribute("aria-pressed", "false");
  }

  // The learning rate: its slider goes from a hundredth to a hundred times the rate.
  listenToRate() {
    const { rate } = this.machine.program;
    const [field, slider] = [byId("rate"), byId("rate-slider")];
    const start = this.machine.number(rate, 0);
    const set = (value) => { if (Number.isFinite(value)) this.machine.set(rate, 0, value); };
    field.addEventListener("input", () => set(field.valueAsNumber));
    slider.addEventListener("input", () => set(Number((start * 10 ** slider.value).toPrecision(3))));
    const show = () => {
      const now = this.machine.number(rate, 0);
      if (document.activeElement !== field) field.value = String(Number(now.toPrecision(6)));
      slider.value = String(Math.log10(Math.max(now, 1e-12) / start));
      slider.setAttribute("aria-valuetext", String(now));
    };
    this.machine.listeners.push(show);
    show();
  }

  // A step adds a point; a number changed by hand moves the last one.
  tell() {
    const { steps } = this.machine;
    this.losses.length = steps;
    this.losses.push(this.loss());
    for (let i = 0; i < steps; i += 1) if (this.losses[i] === undefined) this.losses[i] = NaN;
    byId("progress").textContent = `${steps} ${steps === 1 ? "step" : "steps"}, J = ${number(this.loss())}`;
    this.curve.show(this.losses);
  }
}
