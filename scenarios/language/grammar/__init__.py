"""The scenario language, declared: every section, its keys, their kinds and what they mean."""
