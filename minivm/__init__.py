"""The machine: class files in, running objects out. It does not know that source text exists."""

__version__ = "0.1.0"
