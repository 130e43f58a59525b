"""Live redefinition of classes: ``redefine`` is the way in, a ``Record`` the way out."""

from minivm.redefine.record import ClassChange, Reason, Record
from minivm.redefine.transaction import redefine, refused

__all__ = ["ClassChange", "Reason", "Record", "redefine", "refused"]
