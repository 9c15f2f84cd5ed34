// What stands beside the diagram: the chosen event in words, and what each node is doing then.

class Panel {
  constructor(run, words) {
    Object.assign(this, { run, words, states: Object.keys(run.data.states ?? {}).length > 0 });
    this.said = html("p", { class: "said", "aria-live": "polite" });
    this.detail = html("div", { class: "detail" });
    this.element = html("div", { class: "panel" }, this.said, this.detail);
  }

  // cone: what can have caused the event and what it can have caused, as Run.cone gives it.
  show(chosen, cone) {
    const { run, words } = this;
    this.said.classList.toggle("hint", chosen < 0);
    if (chosen < 0) {
      this.said.textContent = run.count ? "Click an event or press n to see what led to it and what it led to." : "";
      this.detail.replaceChildren();
      return;
    }
    let past = -1, future = 0; // an event is not in its own past
    for (let e = 0; e < run.count; e++) {
      if (e <= cone.past[run.node[e]]) past++;
      else if (e >= cone.future[run.node[e]]) future++;
    }
    const step = run.step(chosen), steps = run.data.steps;
    this.said.textContent = step ? `step ${run.time[chosen]} of ${steps.length}: ${printable(step.text)}` : `${lasting(run.time[chosen])}: ${words.event(chosen)}`;
    const doing = Array.from({ length: run.places }, (_, node) => run.doing(node, chosen));
    const together = doing.filter((one) => one === "inside").length > run.mostInside;
    const rows = doing.map((one, node) => this.row(node, chosen, one === "inside" && together ? "inside together" : one));
    const mark = (when) => (steps ? [] : [lit(when)]); // by steps, the diagram lights what has happened
    const head = html("tr", {}, ...["", "is", ...(steps ? (this.states ? ["state"] : []) : ["entries"])].map((text) => html("th", { scope: "col" }, text)));
    this.detail.replaceChildren(
      html("p", { class: "counts" }, ...mark("past"), `${several(past, "event")} before it, `, ...mark("future"), `${several(future, "event")} after it, ${several(run.count - past - future - 1, "event")} concurrent with it.`),
      html("div", { class: "scrolls" }, html("table", {}, html("thead", {}, head), html("tbody", {}, ...rows))));
  }

  row(node, chosen, doing) {
    const { run } = this;
    const entered = run.lanes[node].filter((s) => s.entered >= 0 && s.entered <= chosen).length;
    const state = run.data.steps ? stateAt(run, node, chosen) : String(entered);
    const row = html("tr", { class: node === run.node[chosen] ? "here" : "" }, html("th", { scope: "row" }, this.words.place(node)),
      html("td", {}, html("span", { class: `doing ${doing}` }, doing.split(" ")[0])));
    if (run.data.steps && !this.states) return row;
    const lines = state.split("\n").map((line) => html("div", {}, printable(line)));
    row.append(html("td", { class: run.data.steps ? "state" : "number" }, ...lines));
    return row;
  }
}

// The colour in which the diagram shows what is before an event, or after it.
const lit = (when) => html("span", { class: `lit ${when}`, "aria-hidden": "true" });

// What a scenario tells of a node's state after a step: that of the node's last step up to it.
function stateAt(run, node, e) {
  const own = run.own[node], place = lastWhere(own, (i) => i <= e);
  return place < 0 ? run.data.states?.[node] ?? "" : run.step(own[place]).state ?? "";
}
