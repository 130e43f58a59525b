"""The codes of diagnostics: one code, one meaning. Syntax E001-E019, names E020-E049, types E050-E099,
classes E100-E149, flow E150-E199, limits E200 and up. ``lang.explanations`` tells of each at length."""

from __future__ import annotations

UNKNOWN_NAME = "E020"
UNKNOWN_TYPE = "E021"
UNKNOWN_MEMBER = "E022"
UNKNOWN_MODULE = "E040"
DECLARED_TWICE = "E024"
AMBIGUOUS_NAME = "E025"
PRIVATE_MEMBER = "E026"
NO_INSTANCE = "E027"
NOT_A_VALUE = "E028"

MISMATCH = "E050"
ARGUMENT_COUNT = "E051"
NOT_CALLABLE = "E052"
BAD_OPERANDS = "E053"
TYPE_ARGUMENT_COUNT = "E054"
BOUND_VIOLATED = "E055"
CANNOT_INFER_ARGUMENT = "E056"
CANNOT_INFER = "E057"
INFERENCE_CYCLE = "E058"
LITERAL_RANGE = "E059"
IMPOSSIBLE_TEST = "E060"
NOT_ITERABLE = "E061"
NOT_INDEXABLE = "E062"
NO_COMMON_TYPE = "E063"
NO_BRANCH_VALUE = "E064"
VOID_VALUE = "E065"
ARRAY_FILLER = "E066"
NOT_AN_ERROR = "E067"
BAD_SPAWN = "E068"
RANGE_OUTSIDE_FOR = "E069"
NOT_EXHAUSTIVE = "E070"
TYPE_TOO_BIG = "E071"

HIERARCHY_CYCLE = "E100"
CANNOT_EXTEND = "E101"
NOT_IMPLEMENTED = "E102"
OVERRIDE_MISSING = "E103"
OVERRIDES_NOTHING = "E104"
OVERRIDE_SIGNATURE = "E105"
OVERRIDES_FINAL = "E106"
CANNOT_INSTANTIATE = "E107"
BAD_MODIFIER = "E108"
BAD_INTERFACE = "E109"
SUPER_INIT = "E110"
MEMBER_CONFLICT = "E112"
GENERIC_VIRTUAL = "E113"
NATIVE_OUTSIDE_STD = "E114"

MISSING_RETURN = "E150"
UNSET_VARIABLE = "E151"
CANNOT_ASSIGN = "E152"
UNSET_FIELD = "E153"
LET_ASSIGNED_TWICE = "E154"
NULLABLE_USED = "E155"
OUTSIDE_LOOP = "E156"
BAD_RETURN = "E157"
CAPTURED_UNSET = "E158"

TOO_DEEP = "E200"
TOO_LARGE = "E201"

CODES: dict[str, str] = {
    "E001": "unexpected word or sign",
    "E002": "bracket without its partner",
    "E003": "string without its end",
    "E004": "comment without its end",
    "E005": "invalid character",
    "E006": "unknown escape in a string",
    "E007": "malformed number",
    "E008": "keyword used as a name",
    "E009": "two statements on one line",
    "E010": "modifier repeated or out of place",
    "E011": "cannot be assigned to",
    "E012": "declaration without a type",
    "E013": "declaration in the wrong place",
    "E014": "interpolation without an expression",
    UNKNOWN_NAME: "a name that nothing in scope has",
    UNKNOWN_TYPE: "a type that does not exist",
    UNKNOWN_MEMBER: "a field or method that the type does not have",
    UNKNOWN_MODULE: "an import of a module that cannot be found",
    DECLARED_TWICE: "two declarations of one name in one place",
    AMBIGUOUS_NAME: "a name that two imports give",
    PRIVATE_MEMBER: "a private member used outside its class",
    NO_INSTANCE: "`this`, or a member of an instance, where there is none",
    NOT_A_VALUE: "a class, module or `super` used as a value",
    MISMATCH: "a value of the wrong type",
    ARGUMENT_COUNT: "a call with too few or too many arguments",
    NOT_CALLABLE: "a call of something that is not a function",
    BAD_OPERANDS: "an operator on types it is not defined for",
    TYPE_ARGUMENT_COUNT: "the wrong number of type arguments",
    BOUND_VIOLATED: "a type argument outside its parameter's bound",
    CANNOT_INFER_ARGUMENT: "a type argument that the call does not determine",
    CANNOT_INFER: "a type that has to be written because nothing determines it",
    INFERENCE_CYCLE: "types that depend on each other",
    LITERAL_RANGE: "a number that does not fit into 64 bits",
    IMPOSSIBLE_TEST: "a test or cast whose outcome the types already decide",
    NOT_ITERABLE: "a `for` over something that is not a sequence",
    NOT_INDEXABLE: "an index into something that has no elements",
    NO_COMMON_TYPE: "branches whose values have no type in common",
    NO_BRANCH_VALUE: "a branch without a value where one is needed",
    VOID_VALUE: "the result of a function that returns nothing, used as a value",
    ARRAY_FILLER: "an array whose elements would be null although their type is not nullable",
    NOT_AN_ERROR: "something thrown or caught that is not an Error",
    BAD_SPAWN: "`spawn` of something that is not a call",
    RANGE_OUTSIDE_FOR: "a range outside `for`",
    NOT_EXHAUSTIVE: "a `match` that does not cover every value",
    TYPE_TOO_BIG: "a type that grows without end",
    HIERARCHY_CYCLE: "a class that is its own superclass",
    CANNOT_EXTEND: "a supertype that cannot be extended or implemented",
    NOT_IMPLEMENTED: "a class that leaves abstract methods without a body",
    OVERRIDE_MISSING: "a method that overrides another without saying so",
    OVERRIDES_NOTHING: "`override` where there is nothing to override",
    OVERRIDE_SIGNATURE: "an override with other parameters or result",
    OVERRIDES_FINAL: "an override of a final method",
    CANNOT_INSTANTIATE: "construction of an abstract class, interface or enum",
    BAD_MODIFIER: "a declaration whose modifiers or body contradict each other",
    BAD_INTERFACE: "an interface with more than method signatures",
    SUPER_INIT: "a missing, misplaced or wrong call of the superclass's init",
    MEMBER_CONFLICT: "a member whose name an inherited or other kind of member has",
    GENERIC_VIRTUAL: "a generic method that would have to be virtual",
    NATIVE_OUTSIDE_STD: "`native` outside the standard library",
    MISSING_RETURN: "a path through a function that returns nothing",
    UNSET_VARIABLE: "a variable read before it has a value",
    CANNOT_ASSIGN: "an assignment to something that is set once, or not at all",
    UNSET_FIELD: "a field that may be left without a value",
    LET_ASSIGNED_TWICE: "a `let` field that may be assigned twice",
    NULLABLE_USED: "a value used although it may be null",
    OUTSIDE_LOOP: "`break` or `continue` outside a loop",
    BAD_RETURN: "a `return` that does not fit its function",
    CAPTURED_UNSET: "a variable without a value captured by a function literal",
    TOO_DEEP: "nested too deeply",
    TOO_LARGE: "too large for a class file",
}
