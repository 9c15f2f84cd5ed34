// Small charts: lines over a number, and bars. Each line has a dash of its own beside its colour.

const CHART = { width: 380, height: 210, left: 46, right: 12, top: 12, bottom: 34 };
const figures = (value) => Number(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 6 });

// series: {name, points: [[x, y, low, high]...], claim: [[x, low, high]...], marked: [[x, y, words]...]}; marks: draw each
// point. Around a line lies the band of its interval, which a measure's least value cuts; what is claimed is dotted.
function lineChart({ title, across, series, marks = true, least = 0, stepped = false }) {
  const all = series.flatMap((s) => s.points), claims = series.flatMap((s) => s.claim ?? []);
  const xs = all.map((p) => p[0]), ys = [...all.flatMap((p) => p.slice(1)), ...claims.flatMap((c) => c.slice(1))];
  const first = Math.min(...xs), last = Math.max(...xs), most = Math.max(...ys);
  const frame = frameOf(title, across, [first, last > first ? last : first + 1], [least, most > least ? most : least + 1], marks && new Set(xs).size <= 8 ? [...new Set(xs)].sort((a, b) => a - b) : null);
  const { x, y, picture } = frame, path = (points) => points.map(([at, value], k) => `${k ? "L" : "M"}${x(at)} ${y(Math.max(least, value))}`).join("");
  series.forEach((one, i) => {
    const group = svg("g", { class: hue(i) }), { points, claim = [] } = one;
    if (points.some(([, , low, high]) => high > low)) {
      const up = points.map(([at, , , high]) => [at, high]), down = points.map(([at, , low]) => [at, low]).reverse();
      group.append(svg("path", { class: "band", d: `${path([...up, ...down])}z` }));
    }
    const line = stepped ? points.map(([at, value], k) => (k ? `H${x(at)}V${y(value)}` : `M${x(at)} ${y(value)}`)).join("") : path(points);
    group.append(svg("path", { class: "balance", d: line, "stroke-dasharray": dash(i) }));
    for (const [at, value, low, high] of marks ? points : []) {
      const told = claim.find(([where]) => where === at), interval = high > low ? ` (${low.toPrecision(4)} to ${high.toPrecision(4)})` : "";
      group.append(pointAt(x(at), y(value), `${one.name}: ${value.toPrecision(4)}${interval} at ${at}${told ? `; claimed ${[...new Set(told.slice(1).map(figures))].join(" to ")}` : ""}`));
    }
    for (const [at, value, words] of one.marked ?? []) group.append(pointAt(x(at), y(value), words));
    picture.append(group);
  });
  for (const { claim = [] } of series) if (claim.length) picture.append(claimLines(claim, path));
  const keys = series.length > 1 || claims.length ? series.map((one, i) => html("span", {}, svg("svg", { class: `sample ${hue(i)}`, width: 34, height: 10 }, svg("path", { class: "shaft", d: "M0 5h34", "stroke-dasharray": dash(i) })), ` ${printable(one.name)}`)) : [];
  if (claims.length) keys.push(html("span", {}, svg("svg", { class: "sample", width: 34, height: 10 }, svg("path", { class: "claim", d: "M2 5h30" })), " claimed"));
  return html("figure", {}, html("figcaption", {}, printable(title)), picture, html("div", { class: "legend" }, ...keys));
}

function pointAt(cx, cy, words) {
  const point = svg("circle", { class: "point", cx, cy, r: 3.5 });
  point.append(svg("title", {}, printable(words)));
  return point;
}

// One line for what is claimed, two for a range; a claim for one place alone is a short one.
function claimLines(claim, path) {
  const ends = claim.some(([, low, high]) => low !== high) ? [1, 2] : [1];
  const d = ends.map((end) => path(claim.map((one) => [one[0], one[end]]))).join("");
  return svg("path", { class: "claim", d: claim.length > 1 ? d : d.replaceAll(/M[^M]+/g, "$&m-8 0h16") });
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
  let free = -Infinity; // where the next number has room: what was swept may lie close together
  for (const at of along.found) {
    const number = at.toFixed(digits(along.step)), wide = number.length * 6.4 + 6;
    if (x(at) - wide / 2 < free) continue;
    free = x(at) + wide / 2;
    picture.append(svg("text", { x: x(at), y: height - bottom + 16, "text-anchor": "middle" }, number));
  }
  picture.append(svg("text", { x: (left + width - right) / 2, y: height - 3, "text-anchor": "middle" }, printable(across)));
  return { picture, x, y };
}

// What one run's entries and messages come to.
function runCharts(run, words) {
  const entered = run.stays.filter((stay) => stay.entered >= 0), made = [];
  const { warmed_up: warmedUp, wait, response, sync_delay: syncDelay, overtaking } = run.data.charts, measured = warmedUp ? ", after the warm-up" : "";
  if (wait) made.push(distribution("waits", "wait, ms", wait, measured));
  if (response) made.push(distribution("response times", "response time (from request to release), ms", response, measured));
  if (syncDelay) made.push(distribution("synchronisation delays", "synchronisation delay, ms", syncDelay, measured));
  if (entered.length > 1) made.push(throughput(run, entered));
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

// The share of some times up to each length: a rising line, with a point at each percentile.
function distribution(what, across, found, measured) {
  const told = [50, 90, 99].map((percent) => [percent, found[`p${percent}`]]);
  const said = told.map(([percent, value]) => `${percent} % within ${figures(value)}`).join(", ");
  const title = `Share of ${what} up to a length${measured} (${said}, all within ${figures(found.max)} ms)`;
  const points = told.map(([percent, value]) => [value, percent / 100, `${percent} % of ${what} within ${figures(value)} ms`]);
  return lineChart({ title, across, series: [{ name: what, points: found.points, marked: points }], marks: false, stepped: true });
}

// A node that requested nothing has no bar.
function overtaken({ means, most }, words, measured) {
  const rows = means.slice(0, 40).map((mean, node) => [words.place(node), mean, node]).filter(([, mean]) => mean !== null);
  return barChart(`Overtaking, by node${measured}: entries of others between request and entry, on average (at most ${most.toLocaleString("en")})`, rows);
}

function throughput(run, entered) {
  const bins = Math.max(2, Math.min(40, Math.floor(entered.length / 4))), counts = new Array(bins).fill(0), width = run.end / bins;
  for (const stay of entered) counts[Math.min(bins - 1, Math.floor(run.time[stay.entered] / width))]++;
  const [unit, size] = run.end >= 2e9 ? ["s", 1e9] : ["ms", 1e6];
  const points = counts.map((count, i) => [((i + 0.5) * width) / size, count / (width / 1e9)]);
  return lineChart({ title: "Entries per second, over the run", across: `${unit} since the start`, series: [{ name: "entries", points }], marks: false });
}
