"""The composition root: where simulator and backend meet."""
