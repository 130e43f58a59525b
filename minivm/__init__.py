"""The machine: class files in, running objects out. It does not know that source text exists."""
