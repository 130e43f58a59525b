"""How large anything in a class file may be, and why. The compiler, the writer and the reader hold to the same caps."""

from __future__ import annotations

MAX_FILE = 4 << 20  # bytes: decoding anything up to this size takes seconds at worst, not minutes
MAX_STRING = 1 << 20  # bytes of UTF-8: a class's own source text is the longest string anybody writes
MAX_STRINGS = (1 << 18) - 1  # distinct strings: every name, type and literal of the largest file fits
MAX_CONSTANTS = 65_535  # as in the JVM; a class that needs more is generated and can be split
MAX_MEMBERS = 65_535  # fields or methods of a class, like constants
MAX_INSTRUCTIONS = 65_535  # of a method, as in the JVM: keeps every pass over a method short
MAX_PARAMETERS = 255  # as in the JVM: a call's arguments fit a frame with room to spare
MAX_LOCALS = 4_096  # slots of a frame: a frame must fit into a fresh fiber's stack many times
MAX_HANDLERS = 4_096  # rows of an exception table: the verifier looks at handlers × covered instructions
MAX_TYPE_PARAMETERS = 64  # of a class or method; the deepest types have as many levels
MAX_INTERFACES = 1_024  # of a class: each is searched at `is`
MAX_NAME = 1_024  # characters of one name: messages that quote it stay readable
MAX_DESCRIPTOR = 8_192  # characters of one type: its parts are hashed whenever it is looked up
MAX_COUNT = 65_535  # a `count` operand: no more words than that can have been pushed
MAX_LINE = (1 << 31) - 1  # a source line number
INT_MIN, INT_MAX = -(1 << 63), (1 << 63) - 1  # a word, signed
