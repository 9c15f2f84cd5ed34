"""The engine `tcp`: one operating-system process a node, a mesh of connections between them, one parent."""
