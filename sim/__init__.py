"""A robot substitute: a site that answers commands and emits events, as real robots, doors and people would."""
