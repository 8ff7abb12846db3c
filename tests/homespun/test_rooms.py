"""The house holds together: imports go downwards, names lead to this checkout, every table's rows load."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from apps.doctor import ROOMS, ROOT, rooms
from homespun.names import Table

HEAVY = ("torch", "transformers", "gradio", "langchain", "langchain_core", "langgraph", "numpy", "datasets")
TABLES = {
    "apps.bench": "BENCHES",
    "apps.pages": "PAGES",
    "evals.suites": "SUITES",
    "evals.tracking": "TRACKERS",
    "finetune.recipes": "RECIPES",
    "graphs": "GRAPHS",
    "rag.judges": "JUDGES",
    "rag.load": "LOADERS",
    "rag.retrieve": "RETRIEVERS",
    "rag.stores": "STORES",
}


def _rows() -> list[tuple[str, str]]:
    tables = [(module, getattr(importlib.import_module(module), name)) for module, name in TABLES.items()]
    return [(module, name) for module, table in tables for name in table.listed()]


@pytest.mark.parametrize(("module", "name"), _rows())
def test_every_row_of_every_table_loads(module: str, name: str) -> None:
    table: Table[object] = getattr(importlib.import_module(module), TABLES[module])
    assert table[name] is not None


def test_every_table_is_known_to_this_test() -> None:
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for room in ROOMS
        for path in (ROOT / room).rglob("__init__.py")
        if "Table(" in path.read_text(encoding="utf-8")
    }
    assert found == set(TABLES)


def test_imports_go_downwards() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Contracts: 2 kept, 0 broken" in done.stdout


LIGHT = (
    *ROOMS,
    "apps.cli",
    "apps.compose",
    "apps.bench",
    "apps.pages",
    "evals.suites",
    "rag.judges",
    "rag.load",
    "rag.retrieve",
    "rag.stores",
)


@pytest.mark.parametrize("module", LIGHT)
def test_importing_a_room_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}\nprint(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_our_names_lead_to_this_checkout() -> None:
    assert [(finding.name, finding.status) for finding in rooms(ROOT)] == [(room, "ok") for room in ROOMS]


def test_a_strangers_package_of_the_same_name_is_seen(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").write_text("")
    code = "from apps.doctor import ROOT, rooms\nprint(*[f.name for f in rooms(ROOT) if f.status == 'bad'])"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\nsys.path.append({str(ROOT)!r})\n{code}"],
        cwd=tmp_path,  # comes first on the path of `python -c`
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["models"]
