"""How a trailer is filled: generators, manifest importers, and the audit of what they made. A load is plain data."""
