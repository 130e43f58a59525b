"""The meaning of every row, one small handler each. Importing this package registers them all."""

from minivm.handlers import arithmetic, calls, control, objects, stack, values

__all__ = ["arithmetic", "calls", "control", "objects", "stack", "values"]
