"""The quorum systems that come with mxbench, one a file."""
