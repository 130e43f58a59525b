"""Which kernel stands for which native, and for what instructions do with strings.

A kernel takes the memory and the native's argument words, then the id of the class that ``made`` names. It returns the
result word, or SLOW: then the native is called, or the interpreter runs the instruction.
"""

from __future__ import annotations

from attrs import frozen

from minivm.kernels import decimals, fibers, objects, reading, replacing, searching, splitting, strings, texts
from minivm.kernels.language import FUNCTIONS

_IMPORTED = decimals, fibers, objects, reading, replacing, searching, splitting, strings, texts  # they register theirs


@frozen
class NativeKernel:
    """A kernel as native code calls it: ``k_NAME`` of the IR that ``translator.ir_of`` gives."""

    name: str
    made: str = ""  # "String", or what is boxed: what it makes of nothing that has that class

    def __attrs_post_init__(self) -> None:
        assert self.name in FUNCTIONS, self.name


KERNELS: dict[tuple[str, str], NativeKernel] = {
    ("String", "length"): NativeKernel("string_length"),
    ("String", "charAt"): NativeKernel("char_at"),
    ("String", "codeAt"): NativeKernel("code_at"),
    ("String", "substring"): NativeKernel("substring"),
    ("String", "indexOf"): NativeKernel("index_of"),
    ("String", "indexFrom"): NativeKernel("index_from"),
    ("String", "lastIndexOf"): NativeKernel("last_index_of"),
    ("String", "contains"): NativeKernel("contains"),
    ("String", "startsWith"): NativeKernel("starts_with"),
    ("String", "endsWith"): NativeKernel("ends_with"),
    ("String", "trim"): NativeKernel("trim"),
    ("String", "trimStart"): NativeKernel("trim_start"),
    ("String", "trimEnd"): NativeKernel("trim_end"),
    ("String", "isDigits"): NativeKernel("is_digits"),
    ("String", "isLetters"): NativeKernel("is_letters"),
    ("String", "isSpace"): NativeKernel("is_blank"),
    ("String", "replace"): NativeKernel("replace"),
    ("String", "count"): NativeKernel("occurrences"),
    ("String", "cut"): NativeKernel("cut"),
    ("String", "toInt"): NativeKernel("to_int", made="int"),
    ("String", "toFloat"): NativeKernel("to_float", made="float"),
    ("String", "upper"): NativeKernel("upper"),
    ("String", "lower"): NativeKernel("lower"),
    ("String", "compare"): NativeKernel("string_compare"),
    ("String", "repeat"): NativeKernel("repeat"),
    ("String", "reversed"): NativeKernel("reversed_text"),
    ("String", "hash"): NativeKernel("string_hash"),
    ("String", "equals"): NativeKernel("string_equal"),
    ("String", "fromCode"): NativeKernel("from_code", made="String"),
    ("String", "join"): NativeKernel("join"),
    ("WaitQueue", "wakeOne"): NativeKernel("wake_one"),
    ("WaitQueue", "wakeAll"): NativeKernel("wake_all"),
    ("FiberBase", "observe"): NativeKernel("observe"),
    ("Math", "fixed"): NativeKernel("fixed_text", made="String"),
    ("Object", "equals"): NativeKernel("identity"),
    ("Object", "hash"): NativeKernel("identity_hash"),
    ("Array", "copyTo"): NativeKernel("copy_to"),
    ("Array", "clear"): NativeKernel("clear"),
    ("Array", "clearRange"): NativeKernel("clear_range"),
}

# Of instructions. ``concat`` takes the place of its operands and their number: put them from SCRATCH on.
EQUAL_STRINGS = NativeKernel("string_equal")
HASH_STRING = NativeKernel("string_hash")
INT_TEXT = NativeKernel("int_text", made="String")
FLOAT_TEXT = NativeKernel("float_text", made="String")
BOOL_TEXT = NativeKernel("bool_text", made="String")
CONCAT = NativeKernel("concat")
START_FIBER = NativeKernel("start_fiber")  # takes the id of the fiber's method and the words of its stack, too

OTHERS = EQUAL_STRINGS, HASH_STRING, INT_TEXT, FLOAT_TEXT, BOOL_TEXT, CONCAT, START_FIBER
