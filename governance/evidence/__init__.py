"""The evidence pack of a case: which files are in it, and what they say."""
