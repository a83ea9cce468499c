// Controls: a number and a slider for every leaf that can be changed.

import { byId, element } from "./elements.js";
import { position } from "./explanations.js";

const TICKS = 400;

// How far a slider goes to both sides: some round number beyond what it starts at.
const reach = (value) => (Math.abs(value) <= 2 ? 4 : 2 * Math.abs(value));

export class Controls {
  constructor(controls, machine, onFocus) {
    Object.assign(this, { machine, onFocus, fields: [] });
    const place = byId("controls");
    for (const control of controls) this.add(control, element("div", undefined, place));
    machine.listeners.push(() => this.refresh());
  }

  add(control, group) {
    const { shape, data } = this.machine.leaves[control.leaf];
    group.className = data.length > 1 ? "control several" : "control";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", control.name);
    element("i", control.name, group);
    const columns = shape.length ? shape[shape.length - 1] : 1;
    const grid = element("div", undefined, group);
    grid.className = `grid columns-${Math.min(columns, 5)}`;
    const slider = element("input", undefined, group);
    slider.type = "range";
    const fields = [...data].map((_, entry) => this.field(control, entry, shape, grid));
    let current = fields[0];
    const bind = (field) => {
      current = field;
      slider.min = String(-field.reach);
      slider.max = String(field.reach);
      slider.step = control.whole ? "1" : String((2 * field.reach) / TICKS);
      slider.value = field.input.value;
      slider.setAttribute("aria-label", `${field.name}, slider`);
    };
    for (const field of fields) {
      field.input.addEventListener("focus", () => { bind(field); this.onFocus(control, field.entry); });
      field.slide = () => { if (field === current) slider.value = field.input.value; };
    }
    slider.addEventListener("input", () => {
      this.machine.set(control.leaf, current.entry, Number(slider.value));
    });
    bind(current);
  }

  field(control, entry, shape, grid) {
    const input = element("input", undefined, grid);
    const name = control.name + (shape.length ? ` (${position(entry, shape).join(", ")})` : "");
    input.type = "number";
    input.step = control.whole ? "1" : "any";
    input.setAttribute("aria-label", name);
    const { machine } = this;
    input.addEventListener("input", () => {
      if (input.value !== "" && Number.isFinite(input.valueAsNumber)) {
        machine.set(control.leaf, entry, input.valueAsNumber);
      }
    });
    const start = machine.number(control.leaf, entry);
    const field = { input, entry, name, leaf: control.leaf, reach: reach(start) };
    input.value = shortened(start);
    this.fields.push(field);
    return field;
  }

  // Show the numbers as they are; but not in a field that is being typed in.
  refresh() {
    for (const field of this.fields) {
      if (document.activeElement !== field.input) {
        field.input.value = shortened(this.machine.number(field.leaf, field.entry));
      }
      field.slide();
    }
  }
}

const shortened = (value) => String(Number(value.toPrecision(5)));
