"""The page of a result: one HTML file that shows it, without a network and without a server.

source: which runs there are and which of them are drawn. summary: the verdict, the answer and the tables. packed: the
events of a run, in few bytes. chain: the blocks of a ledger. document: the parts put together. writing: where the page
goes. files/ holds what the browser runs: our own JavaScript and CSS, one idea a file, no library.

Tables are markup and are there without JavaScript. Pictures are drawn by the browser, from the packed events and for
what is in view, so that a long run stays small and quick. The same result gives the same page, byte for byte.
"""
