"""A result for other programs, one format a file: csv, parquet, latex (a table), chrome (a trace), mermaid (a diagram).

rows, events: the runs of a result and the events of one run as tables, for csv and parquet. writing: which formats
there are, and where a file goes. Whatever a name or a message holds stays text in every format, and the same result
gives the same bytes.
"""
