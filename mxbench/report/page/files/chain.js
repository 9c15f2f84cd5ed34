// The ledger: blocks whose hashes link, a lane for each branch, and the balances over height.

const BLOCK = 132, TALL = 78, GAP = 34;

const money = (cents) => `${cents < 0 ? "-" : ""}${Math.floor(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, "0")}`;

class Chain {
  constructor(host, data) {
    this.data = data;
    this.rows = branches(data);
    const tallest = data.blocks.height.reduce((a, b) => Math.max(a, b), 0);
    this.view = new View(0, tallest + 1, 1.5, soon(() => this.draw()));
    this.picture = svg("svg", { class: "picture chain", tabindex: "0", role: "img", "aria-label": "The chain of blocks, by height. Arrow keys move." });
    this.slider = html("input", { type: "range", min: "0", max: "1000", value: "0", "aria-label": "height in view" });
    this.slider.addEventListener("input", () => this.from((this.slider.value / 1000) * (tallest + 1 - this.view.span)));
    movable(this.picture, { pan: (share) => this.view.pan(share), zoom: () => {}, all: () => this.from(0) }, () => [0, this.width]);
    this.picture.addEventListener("pointermove", (event) => showTip(event.buttons ? "" : this.about(event.target.closest("[data-b]")), event));
    this.picture.addEventListener("pointerleave", () => showTip(""));
    const fork = data.fork === null ? "" : ` It forks at height ${data.fork}.`;
    const blocks = `${several(data.total, "block")}.${fork}${data.total > data.blocks.height.length ? ` Only the first ${data.blocks.height.length.toLocaleString("en")} are drawn.` : ""}`;
    host.replaceChildren(html("h3", {}, "Ledger"), html("p", { class: data.fork === null ? "" : "warning" }, blocks), this.picture, this.slider,
      ...(data.total ? [html("h4", {}, "Balances over height")] : []), this.balances = html("div"), ...aborted(data));
    this.begin = data.fork === null ? 0 : Math.max(0, data.fork - 2);
    this.from(this.begin);
  }

  get width() {
    return Math.max(200, this.picture.clientWidth || 800);
  }

  from(height) {
    this.view.set(height, height + this.width / (BLOCK + GAP));
  }

  draw() {
    const { data, view } = this, { height } = data.blocks, step = BLOCK + GAP;
    const span = this.width / step;
    if (Math.abs(view.span - Math.min(span, view.greatest)) > 0.01) return this.from(view.from);
    const left = (at) => short((at - view.from) * step), top = (row) => 8 + row * (TALL + 22);
    const tall = top(Math.max(1, this.rows.count)) + 4;
    sized(this.picture, tall);
    if (data.total && this.drawnFor !== this.width) this.balances.replaceChildren(balances(data, Math.min(this.width, 1000)));
    this.drawnFor = this.width;
    const plot = svg("g", {});
    if (view.from < 1) plot.append(this.box(left(0), top(0), ["height 0", `opening ${money(data.opening.reduce((a, b) => a + b, 0))}`, data.genesis], "genesis"));
    const first = Math.max(0, lastWhere(height, (h) => h < view.from - 1)), last = lastWhere(height, (h) => h <= view.to + 1);
    for (let b = first; b <= last; b++) {
      if (height[b] < view.from - 1) continue;
      const x = left(height[b]), y = top(this.rows.of[b]), parent = this.rows.parent[b];
      const link = parent === -2 ? ["broken", y] : ["whole", top(parent < 0 ? 0 : this.rows.of[parent])];
      plot.append(svg("path", { class: `link ${link[0]}`, d: `M${x} ${y + TALL / 2}L${short(x - GAP)} ${link[1] + TALL / 2}` }));
      plot.append(this.block(b, x, y));
    }
    this.picture.replaceChildren(plot);
    this.slider.value = String(Math.round((1000 * view.from) / Math.max(view.greatest - view.span, 1e-9)));
    this.slider.hidden = view.span >= view.greatest - 0.01;
  }

  block(b, x, y) {
    const { data } = this, { height, payer, payee, amount, number, hash } = data.blocks, holders = data.groups[data.holders[b]];
    const few = holders.length < data.nodes.length, rival = data.fork !== null && height[b] >= data.fork && few;
    const box = this.box(x, y, [`height ${height[b]}  #${number[b]}`, `${payer[b]} → ${payee[b]}: ${money(amount[b])}`, hash[b], few ? (holders.length ? `node ${holders.join(", ")}` : "refused") : ""], `${hue(payer[b])} ${rival ? "rival" : ""}`);
    box.setAttribute("data-b", b);
    return box;
  }

  box(x, y, texts, classes) {
    const group = svg("g", { class: `block ${classes}` }, svg("rect", { x, y, width: BLOCK, height: TALL, rx: 5 }), svg("rect", { class: "edge", x, y, width: 5, height: TALL, rx: 2 }));
    texts.forEach((text, i) => group.append(svg("text", { class: i === 2 ? "hash" : "", x: x + 13, y: y + 18 + i * 17 }, printable(text).slice(0, 20))));
    return group;
  }

  about(element) {
    if (!element) return "";
    const b = Number(element.dataset.b), { data } = this, { height, hash, previous, transfer, payer, payee, amount, number, stamp } = data.blocks;
    const holders = data.groups[data.holders[b]], refused = data.refused.filter(([, of]) => of === hash[b]).map(([node, , why]) => `refused by node ${node}: ${printable(why)}`);
    return [`height ${height[b]}, transfer ${payer[b]}:${transfer[b]}`, `${money(amount[b])} from ${payer[b]} to ${payee[b]}`,
      `number ${number[b]}${stamp[b] ? `, stamp (${stamp[b].join(", ")})` : ""}`, `hash ${hash[b]}`, `follows ${previous[b]}${this.rows.parent[b] === -2 ? ", which is not there" : ""}`,
      holders.length ? `held by ${holders.length === data.nodes.length ? "every node" : `node ${holders.join(", ")}`}` : "held by no node", ...refused].join("\n");
  }
}

// For each block its row (0 is the main chain), and the block that it follows: -1 the opening, -2 none that is there.
function branches(data) {
  const { height, hash, previous } = data.blocks, byHash = new Map(), of = [], parent = [], used = new Map();
  height.forEach((h, b) => byHash.set(`${h} ${hash[b]}`, b));
  let count = 1;
  height.forEach((h, b) => {
    const before = byHash.get(`${h - 1} ${previous[b]}`);
    parent.push(before ?? (h === 1 && previous[b] === data.genesis ? -1 : -2));
    let row = data.main[b] ? 0 : Math.max(1, before === undefined ? 1 : of[before]);
    while (used.get(`${h} ${row}`)) row++;
    used.set(`${h} ${row}`, true);
    of.push(row);
    count = Math.max(count, row + 1);
  });
  return { of, parent, count };
}

// The balance of each account over height, along the main chain.
function balances(data, width) {
  const tall = 160, { height, payer, payee, amount } = data.blocks, now = [...data.opening];
  const points = now.map((cents) => [[0, cents]]);
  let last = 0, most = Math.max(1, ...now);
  height.forEach((h, b) => {
    if (!data.main[b]) return;
    for (const [account, by] of [[payer[b], -amount[b]], [payee[b], amount[b]]]) {
      if (!(account in now)) continue;
      now[account] += by;
      points[account].push([h, now[account]]);
      most = Math.max(most, now[account]);
    }
    last = h;
  });
  const x = (h) => short(44 + (h / Math.max(1, last)) * (width - 120)), y = (cents) => short(tall - 20 - (Math.max(0, cents) / most) * (tall - 34));
  const picture = svg("svg", { class: "picture balances", height: tall, viewBox: `0 0 ${width} ${tall}`, role: "img", "aria-label": `Balances: ${now.map((cents, i) => `client ${i} ${money(cents)}`).join(", ")}` });
  const { found } = ticks(0, most / 100, 3), heights = ticks(0, Math.max(1, last), 8).found.filter((h) => h % 1 === 0);
  for (const value of found) picture.append(svg("line", { class: "grid", x1: 44, x2: width - 76, y1: y(value * 100), y2: y(value * 100) }), svg("text", { x: 38, y: y(value * 100) + 4, "text-anchor": "end" }, value.toFixed(value % 1 ? 2 : 0)));
  for (const h of heights) picture.append(svg("text", { x: x(h), y: tall - 4, "text-anchor": "middle" }, `${h}`));
  const ends = now.map((cents, i) => [y(cents), i]).sort((a, b) => a[0] - b[0]);
  for (let i = 1; i < ends.length; i++) ends[i][0] = Math.max(ends[i][0], ends[i - 1][0] + 12);
  for (let i = ends.length - 1, most = tall - 20; i >= 0; i--, most -= 12) ends[i][0] = Math.min(ends[i][0], most); // none below
  points.forEach((path, i) => {
    let d = `M${x(0)} ${y(path[0][1])}`;
    for (const [h, cents] of path.slice(1)) d += `H${x(h)}V${y(cents)}`;
    picture.append(svg("path", { class: `balance ${hue(i)}`, d: `${d}H${x(last)}`, "stroke-dasharray": dash(i) }));
  });
  if (now.length <= 12) for (const [at, i] of ends) picture.append(svg("text", { x: width - 70, y: short(at + 4) }, `${i}: ${money(now[i])}`));
  return picture;
}

function aborted(data) {
  if (!data.aborted.length) return [];
  const rows = data.aborted.slice(0, 200).map(([client, k, payee, amount, height, balance]) => html("tr", {},
    ...[`${client}:${k}`, client, payee, money(amount), money(balance), height].map((text) => html("td", { class: "number" }, String(text)))));
  const head = html("tr", {}, ...["transfer", "from", "to", "amount", "balance", "at height"].map((text) => html("th", { scope: "col", class: "number" }, text)));
  const more = data.aborted.length > rows.length ? ` (the first ${rows.length})` : "";
  return [html("details", {}, html("summary", {}, `${several(data.aborted.length, "transfer")} aborted, for want of money${more}`),
    html("div", { class: "scrolls", tabindex: "0" }, html("table", {}, html("thead", {}, head), html("tbody", {}, ...rows))))];
}
