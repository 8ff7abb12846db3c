import pkgutil
import subprocess
import sys

from evals.metrics import METRICS


def test_every_row_is_a_documented_function() -> None:
    for name, address in METRICS.items():
        found = pkgutil.resolve_name(address)
        assert callable(found), name
        assert found.__doc__, name


def test_listing_imports_no_metric() -> None:
    code = "import sys, evals.metrics as m; print([n for n in sys.modules if n.startswith(m.__name__ + '.')])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
