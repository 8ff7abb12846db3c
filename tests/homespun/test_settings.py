from __future__ import annotations

from pathlib import Path

import pytest

from homespun.errors import UsageError
from homespun.settings import load_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MODEL", "PORT", "THREADS", "DATA", "HOST", "DATABASE", "PLUGINS", "AUTH"):
        monkeypatch.delenv(f"HOMESPUN_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_defaults_need_nothing(homespun_home: Path) -> None:
    settings = load_settings()
    assert settings.model == "home"
    assert settings.home == homespun_home
    assert (settings.host, settings.port, settings.threads) == ("127.0.0.1", 7860, None)


def test_argument_over_environment_over_folder_over_home_over_default(
    tmp_path: Path, homespun_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings().model == "home"
    (homespun_home / "homespun.toml").write_text('model = "from-home"\nport = 1111')
    assert load_settings().model == "from-home"
    (tmp_path / "homespun.toml").write_text('model = "from-folder"')
    assert load_settings().model == "from-folder"
    assert load_settings().port == 1111
    monkeypatch.setenv("HOMESPUN_MODEL", "from-environment")
    assert load_settings().model == "from-environment"
    assert load_settings(model="from-argument").model == "from-argument"
    assert load_settings(model=None).model == "from-environment"


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMESPUN_THREADS", "")
    assert load_settings().threads is None


def test_home_may_be_chosen_by_the_folders_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOMESPUN_HOME")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "homespun.toml").write_text(f'home = "{tmp_path / "elsewhere"}"')
    (tmp_path / "elsewhere" / "homespun.toml").write_text('model = "other"')
    assert load_settings().folder.root == tmp_path / "elsewhere"
    assert load_settings().model == "other"


def test_plugins_of_both_files_are_joined(tmp_path: Path, homespun_home: Path) -> None:
    (homespun_home / "homespun.toml").write_text('[plugins.recipes]\na = "m:a"\nb = "m:b"')
    (tmp_path / "homespun.toml").write_text('[plugins.recipes]\nb = "m:c"\n[plugins.pages]\ng = "m:g"')
    assert load_settings().plugins == {"recipes": {"a": "m:a", "b": "m:c"}, "pages": {"g": "m:g"}}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("model = [", r"homespun\.toml isn't valid TOML"),
        ('modle = "x"', r"no setting .* 'modle'\. Did you mean model"),
        ("port = 99999999", r"Setting port can't be 99999999"),
        ('plugins = "x"', r"\[plugins"),
        ('[plugins.recipe]\na = "m:a"', r"no family of plugins .* 'recipe'\. Did you mean recipes\?"),
        ("model = 3", r"Setting model can't be 3"),
    ],
)
def test_a_wrong_file_is_one_clear_line(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "homespun.toml").write_text(text)
    with pytest.raises(UsageError, match=line) as caught:
        load_settings()
    assert "\n" not in str(caught.value)


def test_a_wrong_variable_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMESPUN_PORT", "many")
    with pytest.raises(UsageError, match=r"Setting port can't be 'many'.*HOMESPUN_PORT"):
        load_settings()


def test_a_home_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for home in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UsageError, match=r"file: it's a file, and a folder is needed.*HOMESPUN_HOME"):
            load_settings(home=home)


def test_paths_lie_in_home_and_are_made_when_asked(homespun_home: Path) -> None:
    folder = load_settings().folder
    paths = (folder.models, folder.runs, folder.state, folder.history)
    assert {path.parent for path in paths} == {homespun_home}
    assert not folder.models.exists()
    assert folder.ensure() is folder
    assert folder.models.is_dir()
    assert folder.runs.is_dir()


def test_the_file_of_users_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().auth is None
    (tmp_path / "homespun.toml").write_text('auth = "users.toml"')
    assert load_settings().auth == tmp_path / "users.toml"
    monkeypatch.setenv("HOMESPUN_AUTH", "~/mine.toml")
    assert load_settings().auth == Path("~/mine.toml").expanduser()
