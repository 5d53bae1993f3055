"""Sans-I/O services: a message and the time in, messages out."""
