"""How the cases of each process end, in words: `told` for a line of a list, `details` for what else there is to say."""
