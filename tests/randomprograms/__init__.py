"""Random programs: a generator of well-typed Mini programs, and the oracle that runs each in many modes.

choices      every decision is a number drawn here, so that a program is a list of numbers
kinds, world, bodies, expressions, statements, declarations, program    the list of numbers to a text
oracle       one text in many modes: what differs is a finding
shrinker     a shorter list of numbers with the same finding
campaign     many programs in child processes, resumable; worker is the child
"""
