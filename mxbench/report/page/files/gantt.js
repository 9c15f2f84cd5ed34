// Who waited and who was inside, a lane a node. Where a pixel would hold many stays, its column shows the share of time
// that the node spent inside, as height; so a run of any length is drawn in as many columns as there are pixels.

const LANE = 22, GUTTER = 74;

// Two paths for a lane, from its stays as [start of the wait, entry, exit] on the scale of the picture.
function lanePaths(stays, scale, width, top, height) {
  const waits = new Float32Array(width + 1), inside = new Float32Array(width + 1);
  const fill = (columns, from, to) => {
    const low = Math.max(0, from), high = Math.min(width, to);
    if (high < 0 || low > width || high < low) return;
    const first = Math.min(Math.floor(low), width - 1), last = Math.min(Math.max(Math.ceil(high) - 1, first), width - 1);
    for (let x = first; x <= last; x++) columns[x] += Math.max(Math.min(high, x + 1) - Math.max(low, x), 0.02);
  };
  for (const [arrival, entered, left] of stays) {
    const at = scale(entered);
    fill(waits, scale(arrival), at);
    if (left !== null) fill(inside, at, scale(left));
  }
  const middle = top + height / 2;
  const path = (columns, tall) => {
    let d = "";
    for (let x = 0; x < width;) {
      if (!columns[x]) { x++; continue; }
      const share = tall ? Math.max(0.25, Math.min(1, columns[x])) : 0.22, begin = x;
      while (x < width && columns[x] && (!tall || Math.abs(Math.max(0.25, Math.min(1, columns[x])) - share) < 0.03)) x++;
      d += `M${begin} ${short(middle - (height * share) / 2)}h${x - begin}v${short(height * share)}h${begin - x}z`;
    }
    return d;
  };
  return [path(waits, false), path(inside, true)];
}

class Gantt {
  constructor(host, run, words, onChoose) {
    this.overlaps = overlapsOf(run);
    Object.assign(this, { run, words, onChoose, mark: null });
    this.view = new View(0, run.end, 1000, soon(() => this.draw()));
    this.picture = svg("svg", { class: "picture", tabindex: "0", role: "img", "aria-label": "Gantt chart: who waited and who was inside, a lane a node. Arrow keys move, plus and minus zoom, Enter shows the messages." });
    const legend = html("p", { class: "legend" });
    const told = [["waits", "waiting"], ["inside", "inside (a lower bar: a part of the time)"], ...(this.overlaps.length ? [["overlap", run.mostInside > 1 ? `more than ${run.mostInside} inside together` : "two inside together"]] : [])];
    legend.append(...told.map(([kind, text]) => html("span", {}, swatch(kind), ` ${text}`)), html("span", { class: "hint" }, "Click a stay to see its messages below."));
    host.replaceChildren(html("h3", {}, "Who waited, and who was inside"), buttons(this.view), this.picture, legend);
    movable(this.picture, this.view, () => [GUTTER, this.width]);
    this.picture.addEventListener("pointermove", (event) => showTip(this.about(event), event));
    this.picture.addEventListener("pointerleave", () => showTip(""));
    this.picture.addEventListener("click", (event) => {
      const stay = this.stayAt(event);
      if (stay) this.onChoose(stay);
    });
    this.picture.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      const middle = (this.view.from + this.view.to) / 2;
      const near = run.stays.filter((s) => s.entered >= 0).sort((a, b) => Math.abs(run.time[a.entered] - middle) - Math.abs(run.time[b.entered] - middle));
      if (near.length) this.onChoose(near[0]);
    });
  }

  get width() {
    return Math.max(120, Math.floor(this.picture.clientWidth || 800) - GUTTER - 4);
  }

  times(stay) {
    const { run } = this, entered = stay.entered >= 0;
    return [stay.arrival, entered ? run.time[stay.entered] : run.end, !entered ? null : stay.released >= 0 ? run.time[stay.released] : run.end];
  }

  draw() {
    const { run, view, width } = this, scale = (t) => ((t - view.from) / view.span) * width;
    const lanes = run.lanes.slice(0, run.nodes), height = 20 + lanes.length * LANE + 16;
    sized(this.picture, height);
    const plot = svg("g", { transform: `translate(${GUTTER} 0)` }, axis(view, scale, width, height));
    if (this.mark) plot.append(svg("rect", { class: "mark", x: short(scale(this.mark[0])), y: 16, width: Math.max(2, short(scale(this.mark[1]) - scale(this.mark[0]))), height: height - 26 }));
    const labels = svg("g", { class: "labels" });
    lanes.forEach((stays, node) => {
      const top = 18 + node * LANE;
      const first = Math.max(0, lastWhere(stays, (stay) => this.times(stay)[2] !== null && this.times(stay)[2] < view.from));
      const last = lastWhere(stays, (stay) => stay.arrival <= view.to);
      const [waits, inside] = lanePaths(stays.slice(first, last + 1).map((stay) => this.times(stay)), scale, width, top + 2, LANE - 4);
      plot.append(svg("line", { class: "lane", x1: 0, x2: width, y1: top + LANE / 2, y2: top + LANE / 2 }),
        svg("path", { class: `waits ${hue(node)}`, d: waits }), svg("path", { class: `inside ${hue(node)}`, d: inside }));
      labels.append(svg("text", { x: 4, y: top + LANE / 2 + 4 }, this.words.place(node)));
    });
    for (const [from, to] of this.overlaps) {
      if (to < view.from || from > view.to) continue;
      plot.append(svg("rect", { class: "overlap", x: short(scale(from)), y: height - 13, width: Math.max(3, short(scale(to) - scale(from))), height: 8 }));
    }
    if (this.overlaps.length) labels.append(svg("text", { x: 4, y: height - 4 }, "together"));
    const clip = svg("svg", { x: 0, y: 0, width: GUTTER + width, height, overflow: "hidden" }, plot);
    this.picture.replaceChildren(clip, svg("rect", { class: "gutter", width: GUTTER - 2, height }), labels);
  }

  stayAt(event) {
    const box = this.picture.getBoundingClientRect(), { view, run } = this;
    const node = Math.floor((event.clientY - box.top - 18) / LANE), x = event.clientX - box.left - GUTTER;
    if (node < 0 || node >= run.nodes || x < 0) return null;
    const time = view.from + (x / this.width) * view.span, reach = (4 / this.width) * view.span;
    const stays = run.lanes[node], place = lastWhere(stays, (stay) => stay.arrival <= time + reach);
    if (place < 0) return null;
    const [, entered, left] = this.times(stays[place]);
    return time - reach <= (left ?? entered) ? stays[place] : null;
  }

  about(event) {
    const stay = event.buttons ? null : this.stayAt(event);
    return stay ? this.words.stay(stay) : "";
  }
}

const swatch = (kind) => html("span", { class: `swatch ${kind}`, "aria-hidden": "true" });

// The stretches of time in which more nodes are inside than may be; at most a thousand are kept.
function overlapsOf(run) {
  const found = [];
  for (const together of run.overlaps()) {
    found.push([run.time[together.at(-1).entered], Math.min(run.end, ...together.map((stay) => run.left(stay)))]);
    if (found.length === 1000) break;
  }
  return found;
}
