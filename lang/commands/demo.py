"""``minivm demo``: a service whose classes are redefined while it serves."""

from __future__ import annotations

import argparse

EXAMPLES = """
minivm demo          three changes to a running service: two go through, one is refused, nothing is lost
"""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""


def execute(parsed: argparse.Namespace) -> int:
    """Play the demonstration; status 1 if it does not come out as it must."""
    from lang.demonstration import demonstrate

    return demonstrate()
