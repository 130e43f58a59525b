"""The child process of a campaign: judges programs and says so line by line, so that its death tells where it was.

Reads JSON requests, one a line: ``{"seed": 7}``, or ``{"numbers": […], "modes": [names]}`` for shrinking. Answers one JSON
line each, after a line that says it has begun.
"""

from __future__ import annotations

import faulthandler
import json
import sys
from typing import Any

from modes import MODES

from .oracle import judge, modes_for
from .program import generate, regenerate


def main() -> None:
    """Answer requests until the input ends."""
    faulthandler.enable()
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


def answer(request: dict[str, Any]) -> dict[str, str]:
    """Judge one program."""
    if "seed" in request:
        text = generate(request["seed"]).text
        modes = modes_for(request["seed"], request.get("rotation", 0), request.get("modes", 2))
    else:
        text = regenerate(tuple(request["numbers"])).text if "numbers" in request else request["text"]
        modes = [mode for mode in MODES if mode.name in request["modes"]]
    finding = judge(text, modes)
    return {} if finding is None else {"kind": finding.kind, "mode": finding.mode, "text": finding.text}


if __name__ == "__main__":
    main()
