"""The twin: what the backend believes of a site, folded from facts alone. No I/O, no clock."""
