"""Figures of results for papers and for the page: Vega-Lite specifications as plain dicts, drawn by vl-convert.

style: colours, fonts and sizes. series: which settings of a result are drawn, and what they are called. distributions,
counts, over_time, fairness, sweep: the kinds of figures, from data to specification. drawing: vl-convert (extra
`[report]`). writing: `mxbench figure`, and the charts of a page.
"""
