from __future__ import annotations

import pytest

from homespun import errors


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.HomespunError, 1),
        (errors.UsageError, 2),
        (errors.UnknownName, 2),
        (errors.ModelNotFound, 2),
        (errors.CorruptWeights, 1),
        (errors.OutOfSpace, 1),
        (errors.Cancelled, 130),
    ],
)
def test_each_error_is_one_line_with_its_exit_status(kind: type[errors.HomespunError], status: int) -> None:
    error = kind("first\n  second")
    assert isinstance(error, errors.HomespunError)
    assert str(error) == "first second"
    assert error.exit_status == status
