"""What the commands do; `scenarios.cli` says what they are called. Each is imported when it is called."""
