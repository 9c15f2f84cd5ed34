// The space-time diagram: a line a node, an arrow a message, a bar a stay, drawn for what is in view alone.
//
// Across runs time, or, where much happens in one instant, the order of events. An event that is chosen lights all that
// can have caused it and all that it can have caused; the rest is concurrent with it.

const MARGIN = 74, MOST_ARROWS = 900, LAST_STEPS = 40;
const STEPS = { n: 1, p: -1 };

class SpaceTime {
  constructor(host, run, words) {
    Object.assign(this, { run, words, chosen: -1, cone: null, ordered: false, hidden: new Set() });
    this.picture = svg("svg", { class: "picture diagram", tabindex: "0", role: "application", "aria-label": "Space-time diagram: a line a node, an arrow a message. n and p go to the next and the previous event, up and down to another node, Escape lets go; arrow keys move, plus and minus zoom." });
    this.overview = new Overview(this);
    this.panel = new Panel(run, words);
    this.viewed();
    const one = run.data.steps ? "step" : "event", order = html("input", { type: "checkbox" });
    order.checked = this.ordered;
    order.addEventListener("change", () => this.reorder(order.checked));
    const tools = buttons({ zoom: (f) => this.view.zoom(f), pan: (s) => this.view.pan(s), all: () => this.view.all() },
      ...[[`‹ ${one}`, `previous ${one} (p)`, -1], [`${one} ›`, `next ${one} (n)`, 1]].map(([sign, label, by]) => {
        const button = html("button", { type: "button", title: label }, sign);
        button.addEventListener("click", () => this.step(by));
        return button;
      }), ...(run.data.steps ? [] : [html("label", {}, order, " by order, not by time")]));
    this.note = html("p", { class: "note" });
    host.replaceChildren(html("h3", {}, "Messages between the nodes"), tools, typeLegend(run, words, this.hidden, () => this.draw()), this.overview.strip, this.overview.slider,
      html("div", { class: this.panel.states ? "beside stated" : "beside" }, html("div", { class: "drawing" }, this.picture, this.note), this.panel.element));
    this.listen();
    this.now = null;
    this.panel.show(-1);
    this.start();
    this.view.onChange();
  }

  // ---- what is in view ----

  viewed() {
    const last = this.ordered ? Math.max(1, this.run.count - 1) : this.run.end, edge = last * 0.02;
    const [least, greatest] = this.run.data.steps ? [0.4, last + 0.9] : [-edge, last + edge];
    this.view = new View(least, greatest, this.ordered || this.run.data.steps ? 4 : 1000, soon(() => this.draw()));
  }

  start() {
    if (this.run.data.steps) {
      // At its end, where the violation is; of a long scenario the last steps, as all of them could not be read.
      this.view.set(Math.max(this.view.least, this.view.greatest - LAST_STEPS), this.view.greatest);
      return this.run.count ? this.choose(this.run.count - 1, true) : undefined;
    }
    const conflict = this.run.conflict();
    if (conflict) return this.showStays(conflict);
    const sent = this.run.messages.filter((m) => m.sent >= 0);
    const first = Math.max(12, Math.round(this.width / 22)), last = sent[Math.min(first, sent.length) - 1];
    if (!last || sent.length <= first * 1.5) return this.view.all();
    const to = this.at(Math.max(last.sent, last.delivered));
    this.view.set(this.view.least * Math.min(1, to / this.view.greatest), to);
  }

  showStays(stays) {
    const events = stays.flatMap((s) => [s.requested, s.entered, s.released]).filter((e) => e >= 0).map((e) => this.at(e));
    const [from, to] = [Math.min(...events), Math.max(...events)], room = Math.max((to - from) * 0.2, this.ordered || this.run.data.steps ? 2 : 1000);
    this.view.set(from - room, to + room);
  }

  // Shows and chooses an event.
  go(e, soFar = false) {
    this.choose(e, soFar);
    this.view.show(this.at(e));
  }

  at(e) {
    return this.ordered ? e : this.run.time[e];
  }

  reorder(ordered) {
    const near = lastWhere(this.run.time, (t) => t < this.view.from), far = lastWhere(this.run.time, (t) => t <= this.view.to);
    const events = this.ordered ? [Math.max(0, Math.floor(this.view.from)), Math.min(this.run.count - 1, Math.ceil(this.view.to))] : [Math.max(0, near), Math.max(0, far)];
    this.ordered = ordered;
    this.viewed();
    if (this.run.count) this.view.set(this.at(events[0]), this.at(events[1]));
    this.draw();
  }

  // ---- choosing ----

  // so far: light what has happened by then, as one goes through a scenario, and not what has to do with it
  choose(e, soFar = false) {
    this.chosen = e;
    this.cone = e < 0 ? null : this.run.cone(e);
    this.now = soFar ? this.run.time[e] : null;
    this.panel.show(e, this.cone);
    this.draw();
  }

  step(by) {
    if (this.run.data.steps) return this.stepWhole(by);
    const next = this.chosen < 0 ? (by > 0 ? lastWhereBefore(this) : -1) : this.chosen + by;
    if (next >= 0 && next < this.run.count) this.go(next);
  }

  // Of a scenario, to the last event of the next step: what a step does is done at once.
  stepWhole(by) {
    const { run } = this, now = this.chosen < 0 ? 0 : run.time[this.chosen];
    const next = lastWhere(run.time, (t) => t <= now + by);
    if (now + by >= 1 && next >= 0) this.go(next, true);
  }

  // To the nearest event of another node.
  cross(by) {
    const { run } = this;
    if (this.chosen < 0) return this.step(1);
    for (let node = run.node[this.chosen] + by; node >= 0 && node < run.places; node += by) {
      const own = run.own[node];
      if (!own.length) continue;
      const place = lastWhere(own, (e) => e <= this.chosen);
      return this.go(own[Math.max(0, place)]);
    }
  }

  lit(e) {
    if (!this.cone) return "";
    if (this.now !== null) return e === this.chosen ? "chosen" : this.run.time[e] > this.now ? "dim" : this.run.time[e] === this.now ? "past" : "";
    const node = this.run.node[e];
    if (e === this.chosen) return "chosen";
    return e <= this.cone.past[node] ? "past" : e >= this.cone.future[node] ? "future" : "dim";
  }

  // A message is of the past if it was received there, of the future if it was sent there.
  litMessage({ sent, delivered }) {
    if (!this.cone) return "";
    if (this.now !== null) return this.underWay(sent, delivered);
    const [a, b] = [sent < 0 ? "" : this.lit(sent), delivered < 0 ? "" : this.lit(delivered)];
    if (b === "past" || (b === "chosen" && a !== "dim")) return "past";
    if (a === "future" || a === "chosen") return "future";
    return "dim";
  }

  // A message as one goes through a scenario: not yet sent, under way, taken now, or taken before.
  underWay(sent, delivered) {
    const { time } = this.run;
    if (time[sent] > this.now) return "dim";
    return delivered >= 0 && time[delivered] === this.now ? "past" : delivered < 0 || time[delivered] > this.now ? "under-way" : "";
  }

  // ---- drawing ----

  get width() {
    return Math.max(120, Math.floor(this.picture.clientWidth || 800) - MARGIN - 14);
  }

  // The height of a node's row: few nodes have more room for their arrows.
  get row() {
    return Math.min(96, Math.max(58, 330 / this.run.places));
  }

  line(node) {
    return 44 + node * this.row;
  }

  draw() {
    if (!this.picture.isConnected) return;
    const { run, view, width } = this, height = 44 + (run.places - 1) * this.row + 36;
    const scale = (at) => ((at - view.from) / view.span) * width, x = (e) => scale(this.at(e)), y = (node) => this.line(node);
    sized(this.picture, height);
    const plot = svg("g", { transform: `translate(${MARGIN} 0)` }, axis(view, scale, width, height, this.ordered ? (at) => `event ${at + 1}` : run.data.steps ? (at) => `step ${at}` : null));
    const labels = svg("g", { class: "labels" });
    for (let node = 0; node < run.places; node++) {
      plot.append(svg("line", { class: "lane", x1: 0, x2: width, y1: y(node), y2: y(node) }));
      labels.append(svg("text", { x: 4, y: y(node) + 4 }, this.words.place(node)));
    }
    drawFaults(this, plot, scale);
    const numbers = drawStays(this, plot, scale, width);
    this.note.textContent = this.messages(plot, x, y);
    plot.append(numbers); // above the arrows, to be read
    const clip = svg("svg", { width: MARGIN + width + 10, height, overflow: "hidden" }, plot);
    this.picture.replaceChildren(clip, svg("rect", { class: "gutter", width: MARGIN - 8, height }), labels);
    this.overview.draw();
  }

  // Draws the messages in view and their events; returns what has to be said about it.
  messages(plot, x, y) {
    const { run, view } = this, seen = [];
    let count = 0;
    for (const message of run.messages) {
      if (this.hidden.has(message.type)) continue;
      const { sent, delivered, again } = message, from = sent < 0 ? delivered : sent;
      const to = again.length ? Math.max(delivered, ...again) : Math.max(delivered, from);
      if (this.at(to) < view.from || this.at(from) > view.to || from < 0) continue;
      count++;
      if (seen.length < MOST_ARROWS) seen.push(message);
    }
    if (!run.messages.length) return run.count ? "No messages in this history." : "No events were recorded.";
    const [first, last] = [this.first(), this.last()];
    if (count > MOST_ARROWS || last - first > 4 * MOST_ARROWS) return `${several(count, "message")} in view: zoom in to see them (arrows are drawn for up to ${MOST_ARROWS}).`;
    const arrows = svg("g", { class: "arrows" }), marked = [];
    for (const message of seen) arrows.append(arrow(run, message, x, y, 34, this.litMessage(message), marked));
    plot.append(arrows, this.dots(first, last, x));
    const cut = run.data.cut ? ` The first ${run.count.toLocaleString("en")} of ${run.data.cut.toLocaleString("en")} events of the run are here.` : "";
    return `${several(count, "message")} in view.${cut}`;
  }

  dots(first, last, x) {
    const { run } = this, group = svg("g", { class: "events" });
    for (let e = first; e <= last; e++) {
      const kind = run.kind[e], type = run.type[e];
      if (type >= 0 && this.hidden.has(type)) continue;
      if (kind === VALUE && e !== this.chosen) continue; // what a workload records, at the instant of something seen
      const at = { cx: short(x(e)), cy: this.line(run.node[e]) };
      const dot = svg("g", { class: `event ${this.lit(e)}`, "data-e": e }, svg("circle", { class: "reach", r: 9, ...at }));
      if (kind === TIMER) dot.append(svg("path", { class: "timer", d: `M${at.cx} ${at.cy - 5}l5 9h-10z` }));
      else dot.append(svg("circle", { class: "dot", r: e === this.chosen ? 6 : kind === SENT || kind === DELIVERED ? 3 : 3.6, ...at }));
      group.append(dot);
    }
    return group;
  }

  first() {
    return this.ordered ? Math.max(0, Math.ceil(this.view.from)) : this.place(this.view.from, false);
  }
  last() {
    return this.ordered ? Math.min(this.run.count - 1, Math.floor(this.view.to)) : this.place(this.view.to, true);
  }
  // Events stand in an order of causes, which two clocks may contradict by a little: the widest range that can matter.
  place(time, after) {
    let found = lastWhere(this.run.time, (t) => (after ? t <= time : t < time)) + (after ? 0 : 1);
    return Math.min(Math.max(found, 0), this.run.count - 1);
  }

  // ---- hands and keys ----

  listen() {
    const proxy = { pan: (s) => this.view.pan(s), zoom: (f, a) => this.view.zoom(f, a), all: () => this.view.all() };
    movable(this.picture, proxy, () => [MARGIN, this.width]);
    let pressed = null;
    this.picture.addEventListener("pointerdown", (event) => (pressed = [event.clientX, event.clientY]));
    this.picture.addEventListener("click", (event) => {
      if (pressed && Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > 4) return; // it was a drag
      this.picture.focus({ preventScroll: true });
      const spot = this.spot(this.eventAt(event.target)), place = spot.indexOf(this.chosen);
      this.choose(spot.length ? spot.at(place > 0 ? place - 1 : -1) : -1); // once more on one spot: the event before it
    });
    this.picture.addEventListener("keydown", (event) => {
      if (event.key in STEPS) this.step(STEPS[event.key]);
      else if (event.key === "ArrowUp" || event.key === "ArrowDown") this.cross(event.key === "ArrowUp" ? -1 : 1);
      else if (event.key === "Escape") this.choose(-1);
      else return;
      event.preventDefault();
    });
    this.picture.addEventListener("pointermove", (event) => showTip(event.buttons ? "" : this.about(event.target), event));
    this.picture.addEventListener("pointerleave", () => showTip(""));
  }

  // The events that lie where an event is drawn: those of its node at its very time.
  spot(e) {
    if (e < 0) return [];
    const { run } = this, own = run.own[run.node[e]], found = [e], place = lastWhere(own, (i) => i <= e);
    const near = (i) => this.at(i) === this.at(e) && run.kind[i] !== VALUE;
    for (let i = place - 1; i >= 0 && near(own[i]); i--) found.unshift(own[i]);
    for (let i = place + 1; i < own.length && near(own[i]); i++) found.push(own[i]);
    return found;
  }

  eventAt(target) {
    const event = target.closest("[data-e]"), message = target.closest("[data-m]"), stay = target.closest("[data-s]");
    if (event) return Number(event.dataset.e);
    if (message) {
      const { sent, delivered } = this.run.messages[message.dataset.m];
      return delivered >= 0 ? delivered : sent;
    }
    if (!stay) return -1;
    const { entered, requested } = this.run.stays[stay.dataset.s];
    return entered >= 0 ? entered : requested;
  }

  about(target) {
    const event = target.closest("[data-e]"), message = target.closest("[data-m]"), stay = target.closest("[data-s]"), { run, words } = this;
    if (event) {
      const spot = this.spot(Number(event.dataset.e)), e = spot[spot.length - 1];
      const said = spot.length > 6 ? [...spot.slice(0, 5).map((i) => words.event(i)), `and ${spot.length - 5} more events`] : spot.map((i) => words.event(i));
      return [run.data.steps ? `step ${run.time[e]}` : lasting(run.time[e]), ...said].join("\n");
    }
    if (message) return words.path(run.messages[message.dataset.m]);
    return stay ? words.stay(run.stays[stay.dataset.s]) : "";
  }
}

// The first event in view.
function lastWhereBefore(diagram) {
  return diagram.ordered ? Math.max(0, Math.ceil(diagram.view.from)) : diagram.place(diagram.view.from, false);
}
