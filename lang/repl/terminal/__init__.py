"""The session at a terminal: prompt, keys, highlighting, completion, history, and the loop that joins them."""
