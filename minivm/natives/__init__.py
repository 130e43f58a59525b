"""Methods the machine supplies. A native takes the interpreter and the frame offset of its first argument (the
receiver, unless it is static) and returns its result word, or None once it has transferred control.

Natives are not safepoints until they allocate or park; what may allocate reads its arguments again afterwards.
"""

from minivm.natives import console, fibers, files, numbers, objects, reflection, registry, strings

__all__ = ["console", "fibers", "files", "numbers", "objects", "reflection", "registry", "strings"]
