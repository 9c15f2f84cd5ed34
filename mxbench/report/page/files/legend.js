// The types of messages with their colours and dashes, each to be hidden or shown, and how many went astray.

// onChange is called when `hidden`, a set of types, has changed.
function typeLegend(run, words, hidden, onChange) {
  const counts = new Map();
  for (const message of run.messages) counts.set(message.type, (counts.get(message.type) ?? 0) + 1);
  const list = html("div", { class: "legend types", role: "group", "aria-label": "types of messages" });
  for (const [type, count] of [...counts].sort((a, b) => a[0] - b[0])) {
    const box = html("input", { type: "checkbox" });
    box.checked = true;
    box.addEventListener("change", () => {
      if (box.checked) hidden.delete(type);
      else hidden.add(type);
      onChange();
    });
    const sample = svg("svg", { class: `sample ${hue(type)}`, width: 34, height: 10 }, svg("path", { class: "shaft", d: "M0 5h26", "stroke-dasharray": dash(type) }), svg("path", { class: "head", d: "M34 5l-9 -4v8z" }));
    list.append(html("label", {}, box, " ", sample, ` ${words.typeName(type)} (${count.toLocaleString("en")})`));
  }
  const never = run.messages.filter((m) => m.delivered < 0), lost = never.filter((m) => m.lost).length, twice = run.messages.filter((m) => m.again.length).length, late = run.messages.filter((m) => m.late).length;
  const what = [[lost, "lost"], [never.length - lost, "not delivered"], [twice, "delivered twice"], [late, "late (overtaken)"]].filter(([count]) => count);
  if (what.length) list.append(html("span", {}, what.map(([count, word]) => `${count.toLocaleString("en")} ${word}`).join(", ")));
  return list;
}
