"""The child process of a campaign: judges programs, each when it is asked.

Reads JSON requests, one a line: ``{"seed": 7}``, or ``{"text": "…", "modes": [names]}``. Answers a line each.
"""

from __future__ import annotations

import faulthandler
import json
import resource
import sys
from typing import Any

from modes import MODES

from .oracle import judge, modes_for
from .program import generate

MEMORY = 4 << 30  # bytes


def main() -> None:
    """Answer requests until the input ends."""
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))  # what runs wild must not take the others along
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


def answer(request: dict[str, Any]) -> dict[str, str]:
    """Judge one program."""
    if "seed" in request:
        text = generate(request["seed"]).text
        modes = modes_for(
            request["seed"], request.get("rotation", 0), request.get("modes", 1), bool(request.get("long"))
        )
    else:
        text = request["text"]
        modes = [mode for mode in MODES if mode.name in request["modes"]]
    finding = judge(text, modes)
    return {} if finding is None else {"kind": finding.kind, "mode": finding.mode, "text": finding.text}


if __name__ == "__main__":
    main()
