"""What a person gets to see of a run: the terminal block, the files, the pictures."""
