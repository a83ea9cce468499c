// The page: its parts are made here, and told of what happens.

import { byId, element } from "./elements.js";
import { Controls } from "./controls.js";
import { Details } from "./details.js";
import { Explanations } from "./explanations.js";
import { Film } from "./film.js";
import { Landscape, Plane } from "./maps.js";
import { Machine } from "./machine.js";
import { Picture } from "./picture.js";
import { Training } from "./training.js";
import { View, listenToSearch, listenToTheme } from "./view.js";

const data = JSON.parse(byId("data").textContent);
const machine = data.program && new Machine(data.program);
const picture = new Picture(data, machine);
picture.svg.removeAttribute("role");
const explanations = new Explanations(data.explained, data.machine && data.machine.loss, machine);
const film = new Film(data, picture, machine, explanations);
const details = new Details(data, picture, machine, explanations);
let training = null;

if (machine) {
  const { controls, learns, loss, landscape, plane } = data.machine;
  byId("change").hidden = false;
  new Controls(controls, machine, (control, entry) => {
    details.show(control.part, control.explained === null ? undefined : [control.explained, entry]);
  });
  if (learns) {
    byId("training").hidden = false;
    byId("loss").hidden = false;
    training = new Training(data.machine, machine);
    if (landscape) new Landscape(landscape, loss, machine);
  }
  if (plane) new Plane(plane, ["x₁", "x₂"], machine);
  machine.listeners.push(() => film.tell());
} else {
  element("p", data.reason, byId("reason"));
}
film.follow(new View(picture.svg));
listenToSearch(data, picture, (id) => details.show(id));
listenToTheme();

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
  const onButton = target.tagName === "BUTTON" || target.closest(".asked");
  const keys = {
    ArrowRight: () => { film.stop(); film.next(); },
    ArrowLeft: () => { film.stop(); film.go(film.now - 1); },
    Home: () => { film.stop(); film.go(0); },
    End: () => { film.stop(); film.go(data.steps.length); },
    "/": () => byId("search").focus(),
    ...(onButton ? {} : { " ": () => film.toggle() }),
    ...(training ? { s: () => byId("step").click(), r: () => training.toggle() } : {}),
  };
  if (!(key in keys)) return;
  keys[key]();
  event.preventDefault();
});
