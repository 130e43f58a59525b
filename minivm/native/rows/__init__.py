"""How every row of the table becomes LLVM IR. Importing this package registers them all."""

from minivm.native.rows import arithmetic, calls, control, objects, stack, values

__all__ = ["arithmetic", "calls", "control", "objects", "stack", "values"]
