"""Random faults on top of a scenario, and what fails shrunk to its least."""
