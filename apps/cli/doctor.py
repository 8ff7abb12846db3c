"""`homespun doctor`: what is installed, which weights are whole, what is missing and how to get it."""

from __future__ import annotations

from apps.cli.options import AsJson
from apps.cli.output import emit, printable

_MARKS = {"ok": "ok  ", "note": "note", "bad": "BAD "}


def doctor(
    as_json: AsJson = False,
) -> int:
    """Say what is installed, which weights are whole, what is missing and how to get it."""
    from dataclasses import asdict

    from apps.doctor import examine
    from homespun.settings import load_settings

    findings = examine(load_settings())
    bad = [finding for finding in findings if finding.status == "bad"]
    if as_json:
        emit({"ok": not bad, "findings": [asdict(finding) for finding in findings]})
        return 1 if bad else 0
    for finding in findings:
        line = f"{_MARKS[finding.status]}  {finding.about:8}  {finding.name}: {finding.value}"
        print(printable(line + (f" → {finding.advice}" if finding.advice else "")))
    print("\nAll is well." if not bad else f"\n{len(bad)} of {len(findings)} findings need attention.")
    return 1 if bad else 0
