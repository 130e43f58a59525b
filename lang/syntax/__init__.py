"""Text to tree, stage by stage; ``lang.parser`` is the way in.

tokens, lexing, angles, layout     characters to tokens; which `<` are brackets; where statements end
grammar.lark, automaton            the grammar, and the parser that Lark makes of it
declarations, builder              what the grammar's rules make of their parts
depth, faults                      limits, and what breaks a rule that the grammar does not know
hints, syntax_errors               what is said about text that is no program, and what was probably meant
parsing                            the pipeline, which goes on after an error
"""
