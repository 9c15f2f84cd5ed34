"""Small results to look at in a browser, and what several tests read from their pages."""

import json
from pathlib import Path

import mxbench

BROKEN = Path(__file__).parent.parent / "broken"
EXPERIMENT = """name: small
question: {question}
algorithm: {algorithm}
nodes: 3
engine: sim
workload: {{type: bank, transfers_per_node: {transfers}, dwell: 1ms, think: {{exponential: 5ms}}}}
{more}
"""
HOSTILE = "</script><script>window.hacked = 1</script><img src=x onerror=hacked=1> \" ' & \u202e reversed"
FAULTY = """
break_assumptions: true
network: {fifo: false, duplicate: 0.2, delay: {exponential: 3ms}}
faults: [{at: 8ms, crash: 1, for: 10ms}, {at: 12ms, partition: [[0], [1, 2]], for: 5ms}, {at: 25ms, pause: 2, for: 6ms}]
"""
ARROWS = "document.querySelectorAll('.diagram [data-m]').length"
SAID = "document.querySelector('.said').textContent"
ALL = '#space-time button[aria-label="show all"]'
CONTRAST = """(() => {
  const numbers = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const paper = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const found = numbers(getComputedStyle(e).backgroundColor);
      if (found.length && found[3] !== 0) return found;
    }
    return [255, 255, 255];
  };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, style = getComputedStyle(element);
    if (!walker.currentNode.data.trim() || element.closest("script, style, noscript, [hidden]")) continue;
    if (!element.getClientRects().length) continue;
    const text = numbers(element instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [light(text), light(paper(element))].sort((x, y) => y - x), ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) bad.push(`${walker.currentNode.data.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return bad;
})()"""


def result(
    folder: Path, algorithm: str = "lamport", question: str = "Is it?", transfers: int = 3, more: str = ""
) -> Path:
    """Run a small experiment; return the folder of its result."""
    file = folder / "small.yaml"
    text = EXPERIMENT.format(algorithm=algorithm, question=json.dumps(question), transfers=transfers, more=more)
    file.write_text(text)
    return Path(mxbench.run(file, results=folder / "results")["result"])
