"""The ledger: inputs and outputs in applied order, the truth a restart begins from."""
