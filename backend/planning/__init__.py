"""Planner ports, the built-in planners, and the registry that finds others."""
