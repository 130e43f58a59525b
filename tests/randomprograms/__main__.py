"""Random programs from the command line.

python -m tests.randomprograms run --state FILE [--count N] [--first SEED]   judge programs; goes on where FILE ends
python -m tests.randomprograms show SEED                                     print a program
python -m tests.randomprograms judge SEED [--all]                            judge one, in its modes or all
python -m tests.randomprograms shrink SEED [-o FILE]                         make a failing one small
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from randomprograms.commands import main

sys.exit(main())
