"""What is judged: each checker reads a history and finds one property of it valid, violated or undecided."""
