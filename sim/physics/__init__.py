"""What a pick does to a load: the port, and the support graph behind it."""
