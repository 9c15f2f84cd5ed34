"""`python -m mxbench` is `mxbench`."""

from mxbench.cli import main

if __name__ == "__main__":
    main()
