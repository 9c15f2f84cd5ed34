"""What nodes do inside the critical section: hold it, or use a ledger."""
