"""The version, in a file that costs nothing to import."""

VERSION = "0.1.0"


def version_text() -> str:
    """What ``--version`` prints: the version, and whether programs run as machine code here."""
    from minivm.native.presence import available

    tier = "native code through llvmlite" if available() else "interpreter only: llvmlite is not installed"
    return f"minivm {VERSION} ({tier})"
