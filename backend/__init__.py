"""The product: it knows the dock from messages alone and cannot tell the simulator from the fleet."""
