"""The algorithms that come with mxbench, one a file. lamport.py is the reference: read it first."""
