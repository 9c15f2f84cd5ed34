// The page: reads its data, draws a run, and another one when it is chosen.

const data = JSON.parse(document.getElementById("data").textContent);
const frames = Object.fromEntries(["gantt", "space-time", "charts", "chain"].map((id) => [id, document.getElementById(id)]));
let drawn = [];

function show(index) {
  const run = new Run(data.runs[index]), words = new Words(run);
  showTip("");
  for (const frame of Object.values(frames)) frame.replaceChildren();
  const diagram = new SpaceTime(frames["space-time"], run, words);
  let gantt = null;
  if (run.stays.length && !run.data.steps) {
    gantt = new Gantt(frames.gantt, run, words, (stay) => {
      diagram.showStays([stay]);
      diagram.choose(stay.entered >= 0 ? stay.entered : stay.requested);
    });
  }
  const charts = run.data.steps ? [] : runCharts(run, words);
  if (charts.length) frames.charts.append(html("h3", {}, "What it came to"), html("div", { class: "charts" }, ...charts));
  const chain = run.data.chain ? new Chain(frames.chain, run.data.chain) : null;
  drawn = [gantt, diagram, chain].filter(Boolean);
  mark(gantt, diagram, run);
  const notes = [...run.data.notes, ...run.data.stuck].map((note) => html("p", { class: "note" }, printable(note)));
  frames["space-time"].append(...notes);
}

// Shows in the Gantt chart which part of the run the diagram below shows.
function mark(gantt, diagram, run) {
  if (!gantt) return;
  const tell = () => {
    const [from, to] = diagram.ordered ? [diagram.first(), diagram.last()].map((e) => run.time[e]) : [diagram.view.from, diagram.view.to];
    gantt.mark = [from, to];
    gantt.draw();
  };
  const draw = SpaceTime.prototype.draw;
  diagram.draw = function () {
    draw.call(this);
    tell();
  };
  tell();
}

function begin() {
  document.body.append(tip);
  const sweep = document.getElementById("sweep");
  const { charts, left } = data.sweep ?? { charts: [] };
  if (charts.length) sweep.append(html("div", { class: "charts" }, ...charts.map(lineChart)));
  if (left) sweep.append(html("p", { class: "note" }, `${several(left, "more chart")} would show the rest; 'mxbench figure RESULT --kind sweep' draws each.`));
  const choice = document.getElementById("choice");
  if (!data.runs.length) {
    choice.textContent = "The histories of these runs are not there any more; the tables are all that is left.";
    return;
  }
  const select = html("select", {}, ...data.runs.map((run, i) => html("option", { value: i }, printable(`${run.verdict}: ${run.title}`))));
  select.addEventListener("change", () => show(Number(select.value)));
  if (data.runs.length > 1) choice.append(html("label", {}, "Run: ", select));
  else choice.textContent = printable(data.runs[0].title);
  show(0);
  const redraw = soon(() => drawn.forEach((part) => part.draw()));
  let width = document.body.clientWidth;
  new ResizeObserver(() => {
    if (document.body.clientWidth === width) return; // the page has only become longer
    width = document.body.clientWidth;
    redraw();
  }).observe(document.body);
  document.documentElement.dataset.ready = "yes";
}

begin();
