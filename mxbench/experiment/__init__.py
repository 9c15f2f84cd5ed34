"""From a YAML file to results: read, check, plan, run, judge, store."""
