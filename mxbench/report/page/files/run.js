// One run: its events in an order of causes, the messages and the stays that they make, and what caused what.

const [REQUESTED, ENTERED, RELEASED, SENT, DELIVERED, TIMER, VALUE, FAULT] = [0, 1, 2, 3, 4, 5, 6, 7];

class Run {
  constructor(data) {
    this.data = data;
    this.nodes = data.nodes;
    this.places = data.places;
    this.mostInside = data.most_inside ?? 1;
    this.types = data.types;
    this.payloads = bytesOf(data.payloads);
    const n = data.count;
    this.count = n;
    this.node = new Int32Array(n);
    this.kind = new Uint8Array(n);
    this.time = new Float64Array(n); // ns since the first event
    this.type = new Int32Array(n).fill(-1);
    this.peer = new Int32Array(n).fill(-1); // of a message to every peer: -1
    this.of = new Int32Array(n).fill(-1); // message (sent: the first), stay, or text
    this.messages = []; // {from, to, type, sequence, sent, delivered, again, late, at, size}
    this.stays = []; // {node, id, arrival, requested, entered, released, number, version, stamp}: events, but arrival
    this.lanes = Array.from({ length: this.places }, () => []); // the stays of each node
    this.own = Array.from({ length: this.places }, () => []); // the events of each node
    this.sentOf = new Map(); // event of sending -> its messages, where there are several
    this.read();
    this.end = n ? Math.max(this.time[n - 1], ...this.own.map((own) => (own.length ? this.time[own[own.length - 1]] : 0))) : 0;
    this.faults = this.spans();
    const lost = new Set((data.lost ?? []).map(String));
    for (const m of this.messages) m.lost = m.delivered < 0 && (data.quiet || lost.has(`${m.from},${m.to},${m.sequence}`));
  }

  // Of a scenario, the step that an event is a part of; its time is the number of the step, from 1.
  step(e) {
    return this.data.steps?.[this.time[e] - 1];
  }

  read() {
    const numbers = new Numbers(bytesOf(this.data.events));
    const channels = new Map(), open = new Array(this.places).fill(null), expected = new Map(), latest = new Map();
    let time = 0, offset = 0;
    const messageOf = (from, to, sequence, type) => {
      const key = from * this.places + to;
      if (!channels.has(key)) channels.set(key, []);
      const channel = channels.get(key);
      channel[sequence] ??= this.message({ from, to, type, sequence });
      return channel[sequence];
    };
    const counts = new Map();
    for (let e = 0; e < this.count; e++) {
      const node = numbers.next();
      time += numbers.next();
      const head = numbers.next(), kind = head % 8, type = (head - kind) / 8;
      this.node[e] = node; this.kind[e] = kind; this.time[e] = time;
      this.own[node].push(e);
      if (kind === SENT) {
        const to = numbers.next() - 1, size = numbers.next();
        this.type[e] = type; this.peer[e] = to;
        const receivers = to >= 0 ? [to] : Array.from({ length: this.nodes }, (_, i) => i).filter((i) => i !== node);
        for (const receiver of receivers) {
          const key = node * this.places + receiver, sequence = counts.get(key) ?? 0;
          counts.set(key, sequence + 1);
          const message = messageOf(node, receiver, sequence, type);
          Object.assign(message, { sent: e, at: offset, size });
          if (this.of[e] < 0) this.of[e] = message.index;
          if (to < 0) this.sentOf.set(e, [...(this.sentOf.get(e) ?? []), message]);
        }
        offset += size;
      } else if (kind === DELIVERED) {
        const from = numbers.next(), key = from * this.places + node;
        const sequence = (expected.get(key) ?? 0) + numbers.next();
        expected.set(key, sequence + 1);
        const message = messageOf(from, node, sequence, type);
        this.type[e] = type; this.peer[e] = from; this.of[e] = message.index;
        if (message.delivered < 0) message.delivered = e;
        else message.again.push(e);
        if (sequence < (latest.get(key) ?? -1)) message.late = message.delivered === e;
        latest.set(key, Math.max(sequence, latest.get(key) ?? -1));
      } else if (kind === REQUESTED) {
        const id = numbers.next(), waited = numbers.next();
        open[node] = { node, id, arrival: time - waited, requested: e, entered: -1, released: -1, number: 0, version: 0, stamp: null };
        this.of[e] = this.stays.push(open[node]) - 1;
        open[node].index = this.of[e];
        this.lanes[node].push(open[node]);
      } else if (kind === ENTERED) {
        const number = numbers.next(), version = numbers.next(), stamp = numbers.next() ? [numbers.next(), numbers.next()] : null;
        if (open[node]) {
          Object.assign(open[node], { entered: e, number, version, stamp });
          this.of[e] = open[node].index;
        }
      } else if (kind === RELEASED) {
        if (open[node]) {
          open[node].released = e;
          this.of[e] = open[node].index;
        }
      } else {
        this.of[e] = numbers.next();
      }
    }
  }

  message({ from, to, type, sequence }) {
    const message = { from, to, type, sequence, sent: -1, delivered: -1, again: [], late: false, at: 0, size: 0 };
    message.index = this.messages.push(message) - 1;
    return message;
  }

  // The messages that an event sent or received.
  messagesOf(e) {
    if ((this.kind[e] !== SENT && this.kind[e] !== DELIVERED) || this.of[e] < 0) return []; // to all, where nobody else is
    return this.sentOf.get(e) ?? [this.messages[this.of[e]]];
  }

  // Everything that can have caused an event, and everything that it can have caused: for each node its last event in
  // the past and its first in the future. One pass each way is enough, since events stand in an order of causes.
  cone(e) {
    const past = new Int32Array(this.places).fill(-1), future = new Int32Array(this.places).fill(this.count);
    past[this.node[e]] = e;
    for (let i = e; i >= 0; i--) {
      if (i > past[this.node[i]] || this.kind[i] !== DELIVERED) continue;
      const { sent, from } = this.messages[this.of[i]];
      if (sent >= 0) past[from] = Math.max(past[from], sent);
    }
    future[this.node[e]] = e;
    for (let i = e; i < this.count; i++) {
      if (i < future[this.node[i]] || this.kind[i] !== SENT) continue;
      for (const { to, delivered, again } of this.messagesOf(i)) {
        for (const d of [delivered, ...again]) if (d >= 0) future[to] = Math.min(future[to], d);
      }
    }
    return { past, future };
  }

  // What a node is doing once event e has happened.
  doing(node, e) {
    if (this.faults.some((f) => f.node === node && f.kind === "crash" && f.from <= e && e < f.until)) return "crashed";
    const stays = this.lanes[node], place = lastWhere(stays, (stay) => stay.requested <= e);
    if (place < 0) return "outside";
    const stay = stays[place];
    if (stay.released >= 0 && stay.released <= e) return "outside";
    return stay.entered >= 0 && stay.entered <= e ? "inside" : "waiting";
  }

  // The stretches in which a node is crashed, paused or cut off: {node, kind, text, from, until} with events.
  spans() {
    const ends = { restart: "crash", resume: "pause", heal: "partition" }, found = [], open = new Map();
    for (let e = 0; e < this.count; e++) {
      if (this.kind[e] !== FAULT) continue;
      const node = this.node[e], text = this.data.texts[this.of[e]], word = text.split(" ")[0];
      const key = `${node} ${ends[word] ?? word}`;
      if (word in ends) {
        if (open.has(key)) open.get(key).until = e;
        open.delete(key);
      } else if (!open.has(key)) {
        open.set(key, { node, kind: word, text, from: e, until: Infinity });
        found.push(open.get(key));
      }
    }
    return found;
  }

  // Stays that must not all be: two of one number, or more at one time than may be inside; null if there are none.
  conflict() {
    const seen = new Map();
    for (const stay of this.mostInside > 1 ? [] : this.stays) { // where k may be inside, numbers repeat
      if (stay.entered < 0) continue;
      if (seen.has(stay.number)) return [seen.get(stay.number), stay];
      seen.set(stay.number, stay);
    }
    return this.overlap();
  }

  overlap() {
    return this.overlaps().next().value ?? null;
  }

  // For each stay that finds others inside, as many as may be there: those others, the longest stays, and itself.
  *overlaps() {
    const longest = []; // at most so many, the one that leaves first in front
    for (const stay of this.stays.filter((s) => s.entered >= 0).sort((a, b) => this.time[a.entered] - this.time[b.entered])) {
      if (longest.length === this.mostInside && this.time[stay.entered] < this.left(longest[0])) yield [...longest, stay];
      longest.push(stay);
      longest.sort((a, b) => this.left(a) - this.left(b));
      if (longest.length > this.mostInside) longest.shift();
    }
  }

  // When a stay ends, that of a node that never leaves with the run.
  left(stay) {
    return stay.released < 0 ? Infinity : this.time[stay.released];
  }
}

// The place of the last item for which a condition holds that holds up to some place and no further; -1 if none.
function lastWhere(items, holds) {
  let low = 0, high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(items[middle])) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
