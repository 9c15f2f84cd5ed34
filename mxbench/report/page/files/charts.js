// Small charts: lines over a number, and bars. Each line has a dash of its own beside its colour.

const CHART = { width: 380, height: 210, left: 46, right: 12, top: 12, bottom: 34 };

// series: {name, points: [[x, y, low, high]...], claim: [[x, low, high]...]}; marks: draw each point
function lineChart({ title, across, series, marks = true, least = 0, stepped = false }) {
  const all = series.flatMap((s) => s.points), claims = series.flatMap((s) => s.claim ?? []);
  const xs = all.map((p) => p[0]), ys = [...all.flatMap((p) => p.slice(1)), ...claims.flatMap((c) => c.slice(1))];
  const first = Math.min(...xs), last = Math.max(...xs);
  const frame = frameOf(title, across, [first, last > first ? last : first + 1], [Math.min(least, ...ys), Math.max(...ys, least + 1e-9)], marks && new Set(xs).size <= 8 ? [...new Set(xs)] : null);
  const { x, y, picture } = frame;
  series.forEach((one, i) => {
    const group = svg("g", { class: hue(i) });
    const claim = one.claim ?? [];
    if (claim.length) {
      const up = claim.map(([at, , high]) => `${x(at)} ${y(high)}`), down = claim.map(([at, low]) => `${x(at)} ${y(low)}`).reverse();
      group.append(svg("path", { class: "claim", d: `M${[...up, ...down].join("L")}z` }));
    }
    const path = one.points.map(([at, value], k) => (k && stepped ? `H${x(at)}V${y(value)}` : `${k ? "L" : "M"}${x(at)} ${y(value)}`)).join("");
    group.append(svg("path", { class: "balance", d: path, "stroke-dasharray": dash(i) }));
    for (const [at, value, low, high] of marks ? one.points : []) {
      if (high > low) group.append(svg("path", { class: "balance", d: `M${x(at)} ${y(low)}V${y(high)}m-4 0h8M${x(at) - 4} ${y(low)}h8` }));
      const point = svg("circle", { class: "point", cx: x(at), cy: y(value), r: 3.5 });
      point.append(svg("title", {}, `${one.name}: ${value.toPrecision(4)} at ${at}`));
      group.append(point);
    }
    picture.append(group);
  });
  const keys = series.length > 1 || claims.length ? series.map((one, i) => html("span", {}, svg("svg", { class: `sample ${hue(i)}`, width: 34, height: 10 }, svg("path", { class: "shaft", d: "M0 5h34", "stroke-dasharray": dash(i) })), ` ${printable(one.name)}`)) : [];
  if (claims.length) keys.push(html("span", {}, html("span", { class: "swatch claimed" }), "claimed"));
  return html("figure", {}, html("figcaption", {}, printable(title)), picture, html("div", { class: "legend" }, ...keys));
}

// rows: [name, value, hue]
function barChart(title, rows) {
  const most = Math.max(...rows.map((row) => row[1]), 1), height = rows.length * 20 + 8, left = 128, wide = CHART.width - left - 70;
  const picture = svg("svg", { class: "picture chart", viewBox: `0 0 ${CHART.width} ${height}`, role: "img", "aria-label": `${title}: ${rows.map((r) => `${r[0]} ${r[1]}`).join(", ")}` });
  rows.forEach(([name, value, colour], i) => picture.append(svg("text", { x: left - 8, y: i * 20 + 17, "text-anchor": "end" }, name.length > 19 ? `${name.slice(0, 18)}…` : name),
    svg("rect", { class: `inside ${hue(colour)}`, x: left, y: i * 20 + 5, width: short((value / most) * wide), height: 15 }),
    svg("text", { x: short(left + (value / most) * wide + 6), y: i * 20 + 17 }, value.toLocaleString("en"))));
  return html("figure", {}, html("figcaption", {}, title), picture);
}

function frameOf(title, across, [x0, x1], [y0, y1], values) {
  const { width, height, left, right, top, bottom } = CHART;
  const picture = svg("svg", { class: "picture chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": printable(`${title}, over ${across}`) });
  const x = (at) => short(left + ((at - x0) / (x1 - x0 || 1)) * (width - left - right)), y = (at) => short(height - bottom - ((at - y0) / (y1 - y0 || 1)) * (height - top - bottom));
  const digits = (step) => Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  const down = ticks(y0, y1, 4), along = values ? { found: values, step: Math.min(...values.map((v) => (v % 1 ? 0.01 : 1))) } : ticks(x0, x1, 5);
  for (const at of down.found) picture.append(svg("line", { class: "grid", x1: left, x2: width - right, y1: y(at), y2: y(at) }), svg("text", { x: left - 6, y: y(at) + 4, "text-anchor": "end" }, at.toFixed(digits(down.step))));
  for (const at of along.found) picture.append(svg("text", { x: x(at), y: height - bottom + 16, "text-anchor": "middle" }, at.toFixed(digits(along.step))));
  picture.append(svg("text", { x: (left + width - right) / 2, y: height - 3, "text-anchor": "middle" }, printable(across)));
  return { picture, x, y };
}

// What one run's entries and messages come to.
function runCharts(run, words) {
  const entered = run.stays.filter((stay) => stay.entered >= 0), made = [];
  const waits = entered.map((stay) => (run.time[stay.entered] - stay.arrival) / 1e6).sort((a, b) => a - b);
  if (waits.length > 1) {
    const points = Array.from({ length: Math.min(waits.length, 200) }, (_, i, all = Math.min(waits.length, 200)) => [waits[Math.round((i / (all - 1)) * (waits.length - 1))], (i + 1) / all]);
    const at = (share) => waits[Math.min(waits.length - 1, Math.ceil(share * waits.length) - 1)].toPrecision(3);
    made.push(lineChart({ title: `Share of waits up to a length (half of them ${at(0.5)}, 99 % ${at(0.99)} ms)`, across: "wait, ms", series: [{ name: "waits", points }], marks: false, stepped: true }));
  }
  const { warmed_up: warmedUp, sync_delay: syncDelay, overtaking } = run.data.charts, measured = warmedUp ? ", after the warm-up" : "";
  if (syncDelay) made.push(syncDelays(syncDelay, measured));
  if (waits.length > 1) made.push(throughput(run, entered));
  const byType = new Map(), sent = new Array(run.places).fill(0);
  for (const { type, from, sent: e } of run.messages) {
    byType.set(type, (byType.get(type) ?? 0) + 1);
    if (e >= 0) sent[from]++;
  }
  if (byType.size) made.push(barChart("Messages by type", [...byType].sort((a, b) => a[0] - b[0]).map(([type, count]) => [words.typeName(type), count, type])));
  if (byType.size) made.push(barChart("Messages sent, by node", sent.slice(0, 40).map((count, node) => [words.place(node), count, node])));
  if (entered.length) made.push(barChart("Entries, by node", run.lanes.slice(0, Math.min(run.nodes, 40)).map((stays, node) => [words.place(node), stays.filter((stay) => stay.entered >= 0).length, node])));
  if (overtaking) made.push(overtaken(overtaking, words, measured));
  return made;
}

function syncDelays({ points, p50, p99 }, measured) {
  const title = `Share of synchronisation delays up to a length${measured} (half of them ${p50.toPrecision(3)}, 99 % ${p99.toPrecision(3)} ms)`;
  return lineChart({ title, across: "synchronisation delay, ms", series: [{ name: "synchronisation delays", points }], marks: false, stepped: true });
}

// A node that requested nothing has no bar.
function overtaken({ means, most }, words, measured) {
  const rows = means.slice(0, 40).map((mean, node) => [words.place(node), mean, node]).filter(([, mean]) => mean !== null);
  return barChart(`Overtaking, by node${measured}: entries of others between request and entry, on average (at most ${most.toLocaleString("en")})`, rows);
}

function throughput(run, entered) {
  const bins = Math.max(2, Math.min(40, Math.floor(entered.length / 4))), counts = new Array(bins).fill(0), width = run.end / bins;
  for (const stay of entered) counts[Math.min(bins - 1, Math.floor(run.time[stay.entered] / width))]++;
  const points = counts.map((count, i) => [((i + 0.5) * width) / 1e6, count / (width / 1e9)]);
  return lineChart({ title: "Entries per second, over the run", across: "ms since the start", series: [{ name: "entries", points }], marks: false });
}
