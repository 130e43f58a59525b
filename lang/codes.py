"""The codes of diagnostics: one code, one meaning. Syntax E001-E019, names E020-E049, types E050-E099,
classes E100-E149, flow E150-E199, limits E200 and up."""

from __future__ import annotations

CODES: dict[str, str] = {
    "E001": "unexpected word or sign",
    "E002": "bracket without its partner",
    "E003": "string without its end",
    "E004": "comment without its end",
    "E005": "invalid character",
    "E006": "unknown escape in a string",
    "E007": "malformed number",
    "E008": "keyword used as a name",
    "E009": "two statements on one line",
    "E010": "modifier repeated or out of place",
    "E011": "cannot be assigned to",
    "E012": "declaration without a type",
    "E013": "declaration in the wrong place",
    "E014": "interpolation without an expression",
    "E200": "nested too deeply",
    "E201": "too large for a class file",
}
