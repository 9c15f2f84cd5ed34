// What part of a run is in view, and the hands, wheel and keys that change it.

class View {
  constructor(least, greatest, smallest, onChange) {
    Object.assign(this, { least, greatest: Math.max(greatest, least + smallest), smallest, onChange });
    this.from = least;
    this.to = this.greatest;
  }
  get span() {
    return this.to - this.from;
  }
  set(from, to) {
    const span = Math.min(Math.max(to - from, this.smallest), this.greatest - this.least);
    const middle = (from + to) / 2;
    this.from = Math.min(Math.max(middle - span / 2, this.least), this.greatest - span);
    this.to = this.from + span;
    this.onChange();
  }
  pan(share) {
    this.set(this.from + share * this.span, this.to + share * this.span);
  }
  // around: which point of the view, from 0 to 1, stays where it is
  zoom(factor, around = 0.5) {
    const fixed = this.from + around * this.span, span = Math.max(this.span * factor, this.smallest);
    this.set(fixed - around * span, fixed + (1 - around) * span);
  }
  all() {
    this.set(this.least, this.greatest);
  }
  show(at) {
    if (at < this.from + 0.05 * this.span) this.set(at - 0.2 * this.span, at + 0.8 * this.span);
    else if (at > this.to - 0.05 * this.span) this.set(at - 0.8 * this.span, at + 0.2 * this.span);
  }
}

const KEYS = {
  ArrowLeft: (view) => view.pan(-0.2), ArrowRight: (view) => view.pan(0.2),
  PageUp: (view) => view.pan(-0.9), PageDown: (view) => view.pan(0.9),
  Home: (view) => view.pan(-1e9), End: (view) => view.pan(1e9),
  "+": (view) => view.zoom(0.6), "=": (view) => view.zoom(0.6), "-": (view) => view.zoom(1 / 0.6), "0": (view) => view.all(),
};

// Lets a picture be moved: drag, Ctrl and wheel (a plain wheel scrolls the page), keys. `room` gives [left, width].
function movable(element, view, room) {
  element.addEventListener("wheel", (event) => {
    const [left, width] = room();
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      view.zoom(Math.exp(event.deltaY / 300), Math.min(1, Math.max(0, (event.offsetX - left) / width)));
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      view.pan((event.deltaX || event.deltaY) / width);
    }
  }, { passive: false });
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    let last = event.clientX;
    const over = () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", over);
    };
    const move = (moved) => {
      if (!(moved.buttons & 1)) return over();
      if (moved.clientX !== last) view.pan((last - moved.clientX) / room()[1]);
      last = moved.clientX;
    };
    window.addEventListener("pointermove", move); // the window's, as a hand that drags may leave the picture
    window.addEventListener("pointerup", over);
  });
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
    event.preventDefault();
    KEYS[event.key](view);
  });
}

function buttons(view, ...others) {
  const made = [["−", "zoom out", (v) => v.zoom(1 / 0.6)], ["+", "zoom in", (v) => v.zoom(0.6)],
    ["◂", "earlier", (v) => v.pan(-0.5)], ["▸", "later", (v) => v.pan(0.5)], ["all", "show all", (v) => v.all()]];
  const bar = html("div", { class: "tools" });
  for (const [sign, label, act] of made) {
    const button = html("button", { type: "button", "aria-label": label, title: label }, sign);
    button.addEventListener("click", () => act(view));
    bar.append(button);
  }
  bar.append(...others);
  return bar;
}

// Calls a drawing once before the next frame, however often it is asked for.
function soon(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}
