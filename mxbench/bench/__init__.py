"""What mxbench costs, beside what its work must cost at least: the table of `mxbench bench`.

row: one line of the table, and when a difference is more than noise. pace: how long may be measured. cases: what is
measured, in the order of the table; tcp, uncontended, sim, check, startup, histories: how. floors: the programs that
do the same work with nothing around it, in floor/ and here. plans: the runs that are measured. table: the text. saved:
earlier tables, and what has changed since. scale: how costs grow with the number of nodes.
"""
