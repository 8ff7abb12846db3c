"""Settings: the only reader of the environment.

Contract: an argument wins over an environment variable (``HOMESPUN_<FIELD>``), which wins over
``homespun.toml`` in the working folder, which wins over ``homespun.toml`` in HOMESPUN_HOME, which wins over
the default. Everything else in the program receives arguments.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from homespun.errors import UnknownName, UsageError
from homespun.names import unknown
from homespun.paths import Home

FILE = "homespun.toml"
PREFIX = "HOMESPUN_"
FAMILIES = ("benches", "judges", "pages", "recipes", "suites")
"""The tables that `[plugins]` can add rows to."""


class Settings(BaseSettings):
    """What can be chosen. Use `load_settings`, which also reads the files and tells errors clearly."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("homespun", appauthor=False)),
        description="Folder of all state: conversations, runs, the user's own models.",
    )
    model: str = Field(default="home", min_length=1, description="The chat model that answers.")
    threads: int | None = Field(default=None, ge=1, le=1024, description="Processor threads of one model.")
    data: Path | None = Field(default=None, description="Folder of prepared public data for recipes.")
    host: str = Field(default="127.0.0.1", description="Address that `homespun ui` listens on.")
    port: int = Field(default=7860, ge=0, le=65535, description="Port of `homespun ui`; 0 takes a free one.")
    auth: Path | None = Field(
        default=None, description="File of the users who may log in to `homespun ui`; none: no login."
    )
    memory: Literal["words", "model", "off"] = Field(
        default="words",
        description="Who finds what users tell of themselves: their own words, the chat model, or nobody.",
    )
    encoder: str = Field(default="minilm", min_length=1, description="Who embeds documents and questions.")
    vectors: str = Field(
        default="faiss",
        min_length=1,
        description="Where new collections keep vectors: faiss, chroma or chroma:URL.",
    )
    database: str | None = Field(default=None, description="Where conversations are kept, if not in `home`.")
    plugins: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Rows for the tables, by family: {family: {name: 'module:ATTR'}}."
    )

    @field_validator("home", "data", "auth")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return None if path is None else path.expanduser().absolute()

    @field_validator("home")
    @classmethod
    def _folder(cls, path: Path) -> Path:
        for place in (path, *path.parents):
            if place.is_file():
                raise ValueError(f"{place}: it's a file, and a folder is needed")
        return path

    @property
    def folder(self) -> Home:
        """The paths inside `home`."""
        return Home(self.home)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments and environment only; `load_settings` lays the files under them."""
        return init_settings, env_settings, _Files(settings_cls)


class _Files(PydanticBaseSettingsSource):
    """The two homespun.toml, as one source."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        return None, field_name, False  # everything comes from __call__

    def __call__(self) -> dict[str, Any]:
        here = _read(Path.cwd() / FILE)
        # The home folder may itself be chosen by an argument, the environment or the working folder's file.
        home = (
            self.current_state.get("home")
            or here.get("home")
            or platformdirs.user_data_dir("homespun", appauthor=False)
        )
        there = _read(Path(home).expanduser() / FILE)
        there.pop("home", None)  # a home that names another home would be read halfway
        plugins: dict[str, dict[str, str]] = {}
        for rows in (there, here):
            for family, added in rows.get("plugins", {}).items():
                plugins[family] = {**plugins.get(family, {}), **added}
        merged = {**there, **here}
        return {**merged, "plugins": plugins} if plugins else merged


def load_settings(**overrides: Any) -> Settings:
    """Reads the settings; an override that is None counts as not given.

    Raises:
        UsageError: if a value is wrong or a setting unknown; the line names it and where it may stand.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    _refuse_unknown(given, "setting")
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        value = first.get("input")
        raise UsageError(
            f"Setting {name} can't be {value!r}: {first['msg'].removeprefix('Value error, ')}. "
            f"It's set by {PREFIX}{name.upper()}, by {FILE} or by an argument."
        ) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            table = tomllib.load(stream)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} isn't valid TOML: {error}.") from error
    except OSError as error:
        raise UsageError(f"Can't read {path}: {error.strerror}.") from error
    _refuse_unknown(table, f"setting (in {path})")
    plugins = table.get("plugins", {})
    if not isinstance(plugins, dict) or not all(isinstance(rows, dict) for rows in plugins.values()):
        raise UsageError(f'In {path}, [plugins.<family>] holds rows such as name = "module:ATTR".')
    for family in plugins:
        if family not in FAMILIES:
            raise UnknownName(unknown(f"family of plugins (in {path})", family, FAMILIES))
    return table


def _refuse_unknown(given: Mapping[str, Any], kind: str) -> None:
    for name in given:
        if name not in Settings.model_fields:
            raise UnknownName(unknown(kind, name, Settings.model_fields))
