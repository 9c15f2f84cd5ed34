// One message as it is drawn: an arrow; broken off if it was lost, marked if it came late, doubled if it came twice.

const HEAD = 7;

// x, y: where an event is drawn, and the line of a node. after: how far right a message goes that never arrives.
// marked: where words stand already, so that those of neighbours are written above each other.
function arrow(run, message, x, y, after, classes, marked) {
  const { from, to, sent, delivered, again, type, late } = message;
  const y1 = y(from), y2 = y(to);
  const group = svg("g", { class: `message ${hue(type)} ${classes}`, "data-m": message.index });
  const shaft = (x1, x2, toY, kind) => {
    const d = `M${short(x1)} ${y1}L${short(x2)} ${short(toY)}`;
    group.append(svg("path", { class: "reach", d }), svg("path", { class: `shaft ${kind}`, d, "stroke-dasharray": dash(type) }));
  };
  if (delivered < 0) {
    const x1 = x(sent), x2 = x1 + after, middle = (y1 + y2) / 2, [a, b] = [short(x2), short(middle)];
    shaft(x1, x2, middle, "lost");
    if (message.lost) group.append(svg("path", { class: "cross", d: `M${a - 5} ${b - 5}l10 10m0 -10l-10 10` }));
    else group.append(svg("circle", { class: "open-end", cx: a, cy: b, r: 4 }));
    return group;
  }
  for (const [index, e] of [delivered, ...again].entries()) {
    const x2 = x(e), x1 = sent < 0 ? x2 - after : x(sent);
    shaft(x1, x2, y2, index ? "again" : "whole");
    group.append(svg("path", { class: "head", d: head(x1, y1, x2, y2) }));
    if (index) group.append(markText(x2, y2, y2 > y1, "twice", marked));
  }
  if (late) group.append(markText(x(delivered), y2, y2 > y1, "late", marked));
  return group;
}

const MARK = { wide: 34, high: 12 };

function markText(x, line, above, word, marked) {
  let y = line + (above ? -10 : 18);
  const taken = () => marked.some((other) => Math.abs(other.x - x) < MARK.wide && Math.abs(other.y - y) < MARK.high);
  for (let tries = 0; tries < 4 && taken(); tries++) y += above ? -MARK.high : MARK.high;
  marked.push({ x, y });
  return svg("text", { class: "mark-text", x: short(x) - 8, y, "text-anchor": "end" }, word);
}

function head(x1, y1, x2, y2) {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1, [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const [bx, by] = [x2 - ux * HEAD * 1.3, y2 - uy * HEAD * 1.3], [nx, ny] = [(-uy * HEAD) / 2, (ux * HEAD) / 2];
  return `M${short(x2)} ${short(y2)}L${short(bx + nx)} ${short(by + ny)}L${short(bx - nx)} ${short(by - ny)}z`;
}
