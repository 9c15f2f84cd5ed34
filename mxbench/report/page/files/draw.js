// Elements, colours, times and axes. Text only ever enters the page as text.

const SVG = "http://www.w3.org/2000/svg";
const COLOURS = 7, DASHES = ["", "7 3", "2 3", "9 3 2 3", "4 4", "1 2", "12 4"];

function html(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  element.append(...children);
  return element;
}

const hue = (index) => `hue${index % COLOURS}`;
const dash = (index) => DASHES[(index + Math.floor(index / COLOURS)) % DASHES.length]; // no two of 49 share hue and dash
const short = (x) => Math.round(x * 10) / 10; // coordinates

// Gives a picture its height; it keeps its proportions where its width changes without being drawn anew, as in print.
function sized(picture, height, width = picture.clientWidth || 800) {
  picture.setAttribute("height", height);
  picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
}

// Marks of direction, line ends and the like as escapes, so that no name can rearrange the text around it.
const printable = (text) => String(text).replace(/[\p{C}\u2028\u2029]/gu, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);

const several = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

// A time in ns, with the digits that a step needs.
function timeText(ns, step = 1e3) {
  const [unit, size] = step >= 1e8 ? ["s", 1e9] : step >= 1e5 || Math.abs(ns) >= 1e7 ? ["ms", 1e6] : ["µs", 1e3];
  const digits = Math.min(6, Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9)));
  return `${(ns / size).toFixed(digits)} ${unit}`;
}
const lasting = (ns) => (ns >= 1e9 ? `${(ns / 1e9).toFixed(3)} s` : ns >= 1e6 ? `${(ns / 1e6).toFixed(3)} ms` : `${(ns / 1e3).toFixed(1)} µs`);

function ticks(from, to, most) {
  const rough = (to - from) / Math.max(most, 1), power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= rough) ?? power * 10;
  const found = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9 && found.length < 100; i++) found.push(i * step);
  return { step, found };
}

// An axis of times (or, with `whole`, which names them, of whole numbers) with lines down through the picture.
function axis(view, scale, width, height, whole = null) {
  const group = svg("g", { class: "axis", "aria-hidden": "true" });
  const { step, found } = ticks(view.from, view.to, width / 110);
  for (const at of found) {
    if (whole && (at % 1 || at < view.least)) continue;
    const x = short(scale(at));
    const words = whole ? whole(at) : timeText(at, step), before = x + 3 + words.length * 6.2 > width; // the edge would cut it
    const label = svg("text", { x: before ? x - 3 : x + 3, y: 11, "text-anchor": before ? "end" : "start" }, words);
    group.append(svg("line", { x1: x, x2: x, y1: 0, y2: height }), label);
  }
  return group;
}

const tip = html("div", { class: "tip", role: "tooltip", hidden: "" });
function showTip(text, event) {
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  const { innerWidth, innerHeight } = window, { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, innerWidth - width - 8))}px`;
  tip.style.top = `${event.clientY + 18 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 18}px`;
}
