"""Being here lets every test of this folder import worlds."""
