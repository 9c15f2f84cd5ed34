"""Being here lets every test, in whatever folder, import heap_loop and plans: pytest puts this folder on the path."""
