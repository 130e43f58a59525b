"""The machine's inner algorithms, each written once in a small subset of Python.

As they stand they are ordinary Python. Where LLVM can be had, ``translator`` turns the same functions into machine
code that leaves the same words in memory, only some fifty times sooner.
"""
