() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const luminance = (color) => {
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    const linear = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3)
      .map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const clear = (color) => !color || color === "none" || /, 0\)$/.test(color);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (!clear(color)) return color;
    }
    return "white";
  };
  const holds = (shape, text) => {
    const [outer, inner] = [shape, text].map((each) => each.getBoundingClientRect());
    const [x, y] = [inner.x + inner.width / 2, inner.y + inner.height / 2];
    return outer.left <= x && x <= outer.right && outer.top <= y && y <= outer.bottom;
  };
  const plate = (text) => {
    for (const shape of text.closest("g.node, g.edge")?.querySelectorAll("path, polygon, ellipse") ?? []) {
      const { fill } = getComputedStyle(shape);
      if (!clear(fill) && !shape.closest("g.edge") && holds(shape, text)) return fill;
    }
    return behind(text);
  };
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const found = [];
  for (const text of document.querySelectorAll("#picture text, figure:not([hidden]) text")) {
    if (!text.textContent.trim()) continue;
    const ground = text.closest("#picture") ? plate(text) : getComputedStyle(text.closest("svg")).backgroundColor;
    found.push([text.textContent, ratio(luminance(getComputedStyle(text).fill), luminance(ground))]);
  }
  for (const element of document.querySelectorAll("h1, h2, label, button, input, summary, dt, dd, pre, p, b, i, output, figcaption, #details div")) {
    if (!element.checkVisibility() || element.type === "range") continue;
    const { color } = getComputedStyle(element);
    found.push([element.textContent || element.id, ratio(luminance(color), luminance(behind(element)))]);
  }
  return found;
}
