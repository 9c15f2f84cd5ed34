"""What measures a run from its history alone: cost, delay, fairness, resources."""
