// Events, messages and stays in words.

class Words {
  constructor(run) {
    this.run = run;
  }

  typeName(type) {
    const [name, workload] = this.run.types[type];
    return printable(workload ? `${this.run.data.workload}:${name}` : name);
  }

  message(message) {
    const name = this.typeName(message.type);
    if (message.sent < 0) return `${name}(?)`; // its sender's history is lost
    let values;
    try {
      values = unpack(this.run.payloads.subarray(message.at, message.at + message.size));
      if (typeof values === "string") return printable(values); // of a scenario, whose messages are texts
      values = values.slice(1);
    } catch {
      return `${name}(what it carried cannot be read)`;
    }
    const fields = this.run.types[message.type][2];
    const named = fields && fields.length === values.length;
    return `${name}(${values.map((value, i) => (named ? `${printable(fields[i])}=` : "") + shown(value)).join(", ")})`;
  }

  // All about a message, a line each.
  path(message) {
    const run = this.run, at = (e) => this.when(e);
    const lines = [`${this.message(message)} from ${this.place(message.from)} to ${this.place(message.to)}`];
    lines.push(message.sent >= 0 ? `sent ${at(message.sent)}` : "its sending is not recorded");
    if (message.delivered < 0) lines.push(message.lost ? "lost: never delivered" : "not delivered, as far as the history goes");
    else if (message.sent >= 0) lines.push(`delivered ${at(message.delivered)}${run.data.steps ? "" : `, after ${lasting(run.time[message.delivered] - run.time[message.sent])}`}`);
    else lines.push(`delivered ${at(message.delivered)}`);
    if (message.late) lines.push("late: overtaken by a message sent after it");
    for (const e of message.again) lines.push(`delivered once more ${at(e)}`);
    return lines.join("\n");
  }

  when(e) {
    return this.run.data.steps ? `in step ${this.run.time[e]}` : `at ${lasting(this.run.time[e])}`;
  }

  place(node) {
    return node < this.run.nodes ? `node ${node}` : `server ${node}`;
  }

  stay(stay) {
    const run = this.run, entered = stay.entered >= 0, waited = (entered ? run.time[stay.entered] : run.end) - stay.arrival;
    const lines = [`${this.place(stay.node)}, request ${stay.id}`];
    if (run.data.steps) {
      lines.push(`requested ${this.when(stay.requested)}`);
      if (entered) lines.push(`entered ${this.when(stay.entered)}, number ${stay.number}`);
      if (stay.released >= 0) lines.push(`left ${this.when(stay.released)}`);
      return lines.join("\n");
    }
    lines.push(entered ? `waited ${lasting(waited)}` : `waits for ${lasting(waited)} and never enters`);
    if (entered) {
      const left = stay.released >= 0 ? run.time[stay.released] : run.end;
      lines.push(`${stay.released >= 0 ? "inside for" : "never leaves, inside for"} ${lasting(left - run.time[stay.entered])}`);
      lines.push(`number ${stay.number}${stay.stamp ? `, stamp (${stay.stamp.join(", ")})` : ""}${stay.version ? `, version ${stay.version}` : ""}`);
    }
    return lines.join("\n");
  }

  event(e) {
    const run = this.run, stay = run.stays[run.of[e]], who = this.place(run.node[e]);
    switch (run.kind[e]) {
      case SENT: {
        const messages = run.messagesOf(e);
        if (!messages.length) return `${who} sends ${this.typeName(run.type[e])} to all, and there is nobody else`;
        return `${who} sends ${this.message(messages[0])} to ${run.peer[e] < 0 ? "all" : this.place(run.peer[e])}`;
      }
      case DELIVERED: return `${who} receives ${this.message(run.messages[run.of[e]])} from ${this.place(run.peer[e])}`;
      case REQUESTED: return `${who} requests`;
      case ENTERED: return `${who} enters` + (stay ? ` (number ${stay.number}${stay.stamp ? `, stamp (${stay.stamp.join(", ")})` : ""})` : "");
      case RELEASED: return `${who} releases` + (stay ? ` (number ${stay.number})` : "");
      case TIMER: return `${who} meets its timer ${printable(run.data.texts[run.of[e]])}`;
      case VALUE: return `${who} records ${printable(run.data.texts[run.of[e]])}`;
    }
    return `${who}: ${printable(run.data.texts[run.of[e]])}`;
  }
}

function shown(value) {
  if (value instanceof Uint8Array) {
    const digits = Array.from(value.subarray(0, 6), (byte) => byte.toString(16).padStart(2, "0")).join("");
    return digits + (value.length > 6 ? "..." : "");
  }
  if (typeof value === "string") return `'${printable(value.length > 40 ? `${value.slice(0, 40)}...` : value)}'`;
  if (Array.isArray(value)) return `[${few(value.map(shown))}]`;
  if (value instanceof Map) return `{${few([...value].map(([key, item]) => `${shown(key)}: ${shown(item)}`))}}`;
  return value === null ? "None" : printable(value);
}

const few = (items) => (items.length > 8 ? [...items.slice(0, 6), `... ${items.length - 6} more`] : items).join(", ");
