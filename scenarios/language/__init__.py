"""The scenario language: a file read with the place of every value, judged by one set of declarations, made a day."""
