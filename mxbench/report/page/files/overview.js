// The strip above the diagram: how much is sent when in the whole run, and the window that the diagram shows of it.

class Overview {
  constructor(diagram) {
    this.diagram = diagram;
    this.strip = svg("svg", { class: "overview", "aria-hidden": "true" });
    this.slider = html("input", { type: "range", min: "0", max: "1000", value: "0", "aria-label": "position of the window in the run" });
    const jump = (event) => {
      if (!(event.buttons & 1)) return;
      const box = this.strip.getBoundingClientRect(), { view } = this.diagram, share = (event.clientX - box.left) / box.width;
      const middle = view.least + share * (view.greatest - view.least);
      view.set(middle - view.span / 2, middle + view.span / 2);
    };
    this.strip.addEventListener("pointerdown", jump);
    this.strip.addEventListener("pointermove", jump);
    this.slider.addEventListener("input", () => {
      const { view } = this.diagram, from = view.least + (this.slider.value / 1000) * (view.greatest - view.least - view.span);
      view.set(from, from + view.span);
    });
  }

  draw() {
    const { run, view } = this.diagram, width = Math.max(100, this.strip.clientWidth || 800), height = 34, bars = Math.min(300, Math.floor(width / 3));
    const whole = view.greatest - view.least;
    if (this.counted !== view || this.countedWidth !== width) { // else only the window has moved
      const bins = new Float32Array(bars);
      for (const { sent } of run.messages) if (sent >= 0) bins[Math.min(bars - 1, Math.floor(((this.diagram.at(sent) - view.least) / whole) * bars))]++;
      const most = bins.reduce((a, b) => Math.max(a, b), 1);
      this.density = "";
      bins.forEach((count, i) => { if (count) this.density += `M${short((i * width) / bars)} ${height}v${-short((count / most) * (height - 4))}h${short(width / bars)}V${height}z`; });
      this.counted = view;
      this.countedWidth = width;
    }
    const left = short(((view.from - view.least) / whole) * width), wide = Math.max(6, short((view.span / whole) * width));
    sized(this.strip, height, width);
    this.strip.replaceChildren(svg("path", { class: "density", d: this.density }), svg("rect", { class: "window", x: left, y: 0.5, width: wide, height: height - 1, rx: 3 }));
    this.slider.value = String(Math.round((1000 * (view.from - view.least)) / Math.max(whole - view.span, 1e-9)));
  }
}
