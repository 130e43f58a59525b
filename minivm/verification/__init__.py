"""The verifier's rooms; use them through ``minivm.verifier``.

states       what is known before an instruction
wellformed   types by themselves
operands     instructions by themselves
machine      one instruction's effect on the types, from its row's picture
members      the rules of field and method instructions
flow         all paths through a method
class_rules  a class as a whole
"""
