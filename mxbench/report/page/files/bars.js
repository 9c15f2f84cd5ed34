// Bars on the lines of the diagram: waits and stays inside, with their numbers, and the shade of faults.

function drawFaults(diagram, plot, scale) {
  for (const fault of diagram.run.faults) {
    const from = Math.max(diagram.at(fault.from), diagram.view.from), until = Number.isFinite(fault.until) ? diagram.at(fault.until) : diagram.view.greatest;
    if (until < diagram.view.from || from > diagram.view.to) continue;
    const left = short(scale(from)), top = diagram.line(fault.node) - Math.min(diagram.row / 2, 34) + 4;
    plot.append(svg("rect", { class: `fault ${fault.kind}`, x: left, y: top, width: Math.max(3, short(scale(Math.min(until, diagram.view.to)) - left)), height: Math.min(diagram.row, 68) - 8 }),
      svg("text", { class: "fault-text", x: left + 4, y: top + 11 }, printable(fault.text)));
  }
}

// Draws the stays in view; returns their numbers, to be drawn later.
function drawStays(diagram, plot, scale, width) {
  const { run, view } = diagram, numbers = svg("g", { class: "numbers" });
  for (let node = 0; node < run.nodes; node++) {
    const stays = run.lanes[node];
    const known = (e) => e >= 0 && (diagram.now === null || run.time[e] <= diagram.now);
    const end = diagram.now === null ? view.greatest : diagram.now + 0.8;
    const span = (stay) => [diagram.at(stay.requested), known(stay.entered) ? diagram.at(stay.entered) : end, !known(stay.entered) ? null : known(stay.released) ? diagram.at(stay.released) : end];
    const first = Math.max(0, lastWhere(stays, (stay) => (span(stay)[2] ?? end) < view.from)), last = lastWhere(stays, (stay) => span(stay)[0] <= view.to);
    const seen = stays.slice(first, last + 1);
    if (seen.length > width / 6) {
      const [waits, inside] = lanePaths(seen.map(span), scale, width, diagram.line(node) - 9, 18);
      plot.append(svg("path", { class: `waits ${hue(node)}`, d: waits }), svg("path", { class: `inside ${hue(node)}`, d: inside }));
      continue;
    }
    let free = -Infinity; // where the next number can stand
    for (const stay of seen) {
      const [requested, entered, left] = span(stay).map((at) => (at === null ? null : short(scale(at))));
      if (!known(stay.requested) || (left ?? entered) < 0) continue;
      const group = svg("g", { class: `stay ${hue(node)}`, "data-s": stay.index });
      const from = Math.max(requested, -10), until = Math.min(entered, width + 20);
      if (until > from) group.append(svg("rect", { class: "waits", x: from, y: diagram.line(node) - 3, width: short(until - from), height: 6 }));
      if (left !== null) {
        const [a, b] = [Math.max(entered, -10), Math.min(left, width + 20)];
        group.append(svg("rect", { class: "inside", x: a, y: diagram.line(node) - 8, width: Math.max(3, short(b - a)), height: 16, rx: 2 }));
        const label = `#${stay.number}${stay.stamp ? ` (${stay.stamp.join(", ")})` : ""}`;
        if (a >= free && b >= 0) {
          numbers.append(svg("text", { x: Math.max(a, 2), y: diagram.line(node) - 12 }, label));
          free = Math.max(a, 2) + label.length * 6.6 + 8;
        }
      }
      plot.append(group);
    }
  }
  return numbers;
}
