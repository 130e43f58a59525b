"""Mini programs beside their CPython twins, measured by ``python -m tests.benchmarks``."""
