from __future__ import annotations

from apps.surroundings import machine, versions


def test_versions_leave_out_what_is_not_installed() -> None:
    assert versions(["homespun", "no-such-package"]).keys() == {"python", "homespun"}
    assert versions().keys() >= {"python", "homespun", "torch"}


def test_the_machine_is_told_without_its_name_or_any_path() -> None:
    told = machine()
    assert told["cores"] > 0
    assert told["memory"] > 1 << 20
    assert not any("/" in value for value in told.values() if isinstance(value, str))
