"""The experiments that come with mxbench: `mxbench run NAME` finds each by its name."""
