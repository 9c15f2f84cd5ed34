"""The mechanical mutants that nothing kills, and why that is no gap: each is equivalent, or harmless."""

EXPLAINED: dict[str, str] = {}
