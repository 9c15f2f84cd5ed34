"""What a person reads of a result: the table of an experiment, and the ledger, log and chart of one run."""
