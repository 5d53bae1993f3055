"""What a run leaves behind: `digest` of its messages, `recording` of all of them (MCAP), `diff` of two recordings."""
