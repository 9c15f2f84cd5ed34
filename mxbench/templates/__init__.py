"""What `mxbench new` writes: an algorithm, its test and an experiment, with names that are replaced."""
