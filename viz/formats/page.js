"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const svg = document.querySelector("#picture svg");
const blocks = new Map(Object.keys(data.blocks).map((id) => [id, byId("node-" + id)]));
const slider = byId("slider"), play = byId("play"), panel = byId("panel");
let now = 0, timer = 0;

// -- what every step shows ----------------------------------------------------
const since = new Map();
data.steps.forEach((step, i) => step.shows.forEach(([id, part]) => {
  const key = id + "/" + part;
  if (!since.has(key)) since.set(key, i);
}));
const edges = [...svg.querySelectorAll("g.edge")];
const shown = (id, part) => since.has(id + "/" + part) ? since.get(id + "/" + part) <= now : true;

function go(to) {
  now = Math.max(0, Math.min(data.steps.length - 1, to));
  const step = data.steps[now];
  const current = new Set(step.shows.map(([id]) => id));
  for (const [id, group] of blocks) {
    if (!group) continue;
    group.classList.toggle("later", !shown(id, "value"));
    group.classList.toggle("no-gradient", !shown(id, "gradient"));
    group.classList.toggle("now", current.has(id));
  }
  for (const edge of edges) {
    edge.classList.toggle("later", !shown(edge.id, "edge"));
    edge.classList.toggle("now", current.has(edge.id));
  }
  slider.value = String(now);
  slider.setAttribute("aria-valuetext", `${step.phase}: ${step.text}`);
  byId("count").textContent = `${now + 1} / ${data.steps.length}`;
  const phase = document.createElement("b");
  phase.textContent = step.phase;
  byId("said").replaceChildren(phase, document.createTextNode(step.text));
}

// -- moving through time -------------------------------------------------------
function stop() {
  clearInterval(timer);
  timer = 0;
  play.textContent = "Play";
  play.setAttribute("aria-pressed", "false");
}
function toggle() {
  if (timer) return stop();
  if (now === data.steps.length - 1) go(0);
  play.textContent = "Pause";
  play.setAttribute("aria-pressed", "true");
  timer = setInterval(() => now < data.steps.length - 1 ? go(now + 1) : stop(), 900);
}
slider.max = String(Math.max(0, data.steps.length - 1));
slider.addEventListener("input", () => { stop(); go(Number(slider.value)); });
play.addEventListener("click", toggle);
byId("first").addEventListener("click", () => { stop(); go(0); });
byId("back").addEventListener("click", () => { stop(); go(now - 1); });
byId("next").addEventListener("click", () => { stop(); go(now + 1); });
byId("last").addEventListener("click", () => { stop(); go(data.steps.length - 1); });
document.addEventListener("keydown", (event) => {
  const tag = event.target.tagName;
  if (tag === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: data.steps.length };
  if (event.key in keys) { stop(); go(keys[event.key]); event.preventDefault(); }
  else if (event.key === " " && tag !== "BUTTON" && !event.target.closest("g.node")) { toggle(); event.preventDefault(); }
  else if (event.key === "/") { byId("search").focus(); event.preventDefault(); }
});

// -- details -------------------------------------------------------------------
function element(name, text, parent) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}
function show(id) {
  const block = data.blocks[id];
  panel.replaceChildren();
  element("h2", block.title, panel);
  for (const line of block.lines) element("div", line, panel);
  const list = element("dl", undefined, panel);
  for (const detail of block.details) {
    element("dt", `${detail.name} ${detail.shape}`, list);
    if (detail.value !== undefined) element("dd", detail.value, list);
    if (detail.gradient !== undefined) element("dd", "∂: " + detail.gradient, list);
  }
  if (block.update) element("p", block.update, panel);
  if (block.why) { element("h2", "Why?", panel); element("pre", block.why, panel); }
}
for (const [id, group] of blocks) {
  if (!group) continue;
  group.setAttribute("tabindex", "0");
  group.setAttribute("role", "button");
  group.setAttribute("aria-label", [data.blocks[id].title, ...data.blocks[id].lines].join(", "));
  group.addEventListener("mouseenter", () => { if (!panel.dataset.pinned) show(id); });
  group.addEventListener("focus", () => show(id));
  group.addEventListener("click", () => { panel.dataset.pinned = panel.dataset.pinned === id ? "" : id; show(id); });
  group.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { panel.dataset.pinned = id; show(id); event.preventDefault(); }
  });
}

// -- search ----------------------------------------------------------------------
byId("search").addEventListener("input", (event) => {
  const wanted = event.target.value.trim().toLowerCase();
  let hits = 0, first = null;
  for (const [id, group] of blocks) {
    const block = data.blocks[id];
    const text = [id, block.title, ...block.lines].join(" ").toLowerCase();
    const hit = wanted !== "" && text.includes(wanted);
    if (group) group.classList.toggle("hit", hit);
    if (hit) { hits += 1; first = first || id; }
  }
  byId("found").textContent = wanted ? `${hits} found` : "";
  if (first) show(first);
});

// -- zoom and pan -------------------------------------------------------------------
const whole = svg.getAttribute("viewBox").split(/[\s,]+/).map(Number);
let view = [...whole];
const look = () => svg.setAttribute("viewBox", view.join(" "));
function zoom(factor, x = view[0] + view[2] / 2, y = view[1] + view[3] / 2) {
  view = [x - (x - view[0]) * factor, y - (y - view[1]) * factor, view[2] * factor, view[3] * factor];
  look();
}
function point(event) {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  return [at.x, at.y];
}
const picture = byId("picture");
picture.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, ...point(event)); }, { passive: false });
let grabbed = null;
picture.addEventListener("pointerdown", (event) => { grabbed = point(event); });
picture.addEventListener("pointermove", (event) => {
  if (!grabbed || !event.buttons) { grabbed = null; return; }
  const [x, y] = point(event);
  view[0] += grabbed[0] - x; view[1] += grabbed[1] - y; look();
});
addEventListener("pointerup", () => { grabbed = null; });
byId("zoom-in").addEventListener("click", () => zoom(1 / 1.3));
byId("zoom-out").addEventListener("click", () => zoom(1.3));
byId("fit").addEventListener("click", () => { view = [...whole]; look(); });

// -- light and dark --------------------------------------------------------------------
function theme(dark) {
  document.documentElement.classList.toggle("dark", dark);
  byId("theme").textContent = dark ? "Light" : "Dark";
}
byId("theme").addEventListener("click", () => theme(!document.documentElement.classList.contains("dark")));
theme(matchMedia("(prefers-color-scheme: dark)").matches);

svg.removeAttribute("role");
go(0);
