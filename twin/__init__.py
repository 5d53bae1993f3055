"""The contract: all that simulator, backend and real robots agree on. Imports nothing of ours."""
