"""The users of `homespun ui --auth`: a TOML file of names and hashed passwords.

Contract: the file holds one table, ``[users]``, of names and encoded hashes (`apps.passwords`); it is written
whole or not at all, readable by its owner alone. It is read again when it has changed, so a server needn't be
restarted. A file that isn't there holds no users. Nothing is promised about two writers at once.

Names are told apart by case, and are the same however their letters are composed (`canonical`).
"""

from __future__ import annotations

import json
import os
import stat
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps.passwords import COST, Cost, Hashed, check_password, hashed, parse
from graphs.chatbot.state import GUEST, LOCAL
from homespun.errors import HomespunError, UnknownName, UsageError
from homespun.files import atomic_stream
from homespun.names import unknown

LONGEST = 64
"""Characters of a name."""

HEAD = "# Who may log in to `homespun ui --auth`. `homespun users` writes this file anew at each change.\n\n"

_Sign = tuple[int, ...]


def canonical(name: str) -> str:
    """Returns the one spelling of a name under which it is kept (Unicode NFC)."""
    return unicodedata.normalize("NFC", name)


def check_name(name: str) -> str:
    """Returns the spelling under which a name is kept.

    Raises:
        UsageError: if it isn't 1 to 64 printable characters without spaces at the ends, or is for no user.
    """
    name = canonical(name)
    if not 1 <= len(name) <= LONGEST or not name.isprintable() or name != name.strip():
        raise UsageError(
            f"A user can't be called {name[: LONGEST + 1]!r}: a name has 1 to {LONGEST} printable characters "
            "and no spaces at its ends."
        )
    if name in (LOCAL, GUEST):  # who would get what isn't theirs
        raise UsageError(f"A user can't be called {name}: that's everybody where nobody logs in.")
    return name


@dataclass
class Users:
    """Who may log in. Use `Users.read`.

    Attributes:
        path: the file.
        cost: what new hashes cost.
    """

    path: Path
    cost: Cost = COST
    _state: tuple[_Sign, dict[str, Hashed]] = field(default=((), {}), repr=False)

    @classmethod
    def read(cls, path: Path | str, cost: Cost = COST) -> Users:
        """Reads the file.

        Raises:
            UsageError: if it can't be read or isn't such a file.
        """
        users = cls(Path(path), cost)
        users._now()
        return users

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in the order of the alphabet.

        Raises:
            UsageError: if the file is broken now; so do all others that ask who there is.
        """
        return tuple(sorted(self._now()))

    @property
    def exposed(self) -> bool:
        """Whether everybody on this machine may read the file."""
        try:
            return bool(self.path.stat().st_mode & stat.S_IROTH)
        except OSError:
            return False

    def check(self, name: str, password: str) -> bool:
        """Says whether `name` may log in with `password`; an unknown name takes as long as a known one."""
        users = self._now()
        found = users.get(canonical(name))
        if found is None:
            # The dearest hash there is: with hashes of one cost, time says nothing of who there is.
            costs = [one.cost for one in users.values()] or [self.cost]
            dearest = max(costs, key=lambda cost: cost.memory * cost.p)
            Hashed(dearest, bytes(16), bytes(32)).matches(password)
            return False
        return found.matches(password)

    def mark(self, name: str) -> str | None:
        """Returns what stands for the name's present password, or None for a name that isn't there any more.

        It changes with the password, so that whoever logged in with an older one can be told.
        """
        found = self._now().get(canonical(name))
        return None if found is None else str(found)

    def add(self, name: str, password: str) -> str:
        """Adds a user and returns the spelling under which the name is kept.

        Raises:
            UsageError: if there is one of that name, or name or password won't do.
            HomespunError: if the file can't be written.
        """
        name = check_name(name)
        self.refuse_known(name)
        check_password(password)
        digest = hashed(password, self.cost)
        self.refuse_known(name)
        self._write({**self._now(), name: digest})
        return name

    def change(self, name: str, password: str) -> str:
        """Gives a user another password and returns the spelling under which the name is kept.

        Raises:
            UnknownName: if there is no such user.
            UsageError: if the password won't do.
            HomespunError: if the file can't be written.
        """
        name = self.known(name)
        check_password(password)
        digest = hashed(password, self.cost)
        name = self.known(name)
        self._write({**self._now(), name: digest})
        return name

    def remove(self, names: Iterable[str]) -> tuple[str, ...]:
        """Removes users, all or none, and returns the spellings under which they were kept.

        Raises:
            UnknownName: if one isn't there; all stay.
            HomespunError: if the file can't be written.
        """
        gone = tuple(dict.fromkeys(self.known(name) for name in names))
        self._write({name: digest for name, digest in self._now().items() if name not in gone})
        return gone

    def known(self, name: str) -> str:
        """Returns the spelling under which a user's name is kept.

        Raises:
            UnknownName: if there is no such user.
        """
        found = canonical(name)
        if found not in self._now():
            raise UnknownName(unknown(f"user (in {self.path})", name, self.names))
        return found

    def refuse_known(self, name: str) -> None:
        """Raises UsageError if there is a user of that name."""
        if canonical(name) in self._now():
            raise UsageError(
                f"There is a user {canonical(name)!r} already. Another password: homespun users password NAME"
            )

    def _now(self) -> dict[str, Hashed]:
        """Returns the users as the file has them now."""
        try:
            if _sign(self.path.stat()) != self._state[0]:
                with self.path.open("rb") as stream:
                    # Its own sign, not the path's: that may be another file by now.
                    sign = _sign(os.fstat(stream.fileno()))
                    self._state = (sign, self._parsed(stream.read()))
        except (FileNotFoundError, NotADirectoryError):
            self._state = ((), {})
        except OSError as error:
            raise UsageError(f"Can't read the users of {self.path}: {error.strerror}.") from error
        return self._state[1]

    def _parsed(self, content: bytes) -> dict[str, Hashed]:
        try:
            table: dict[str, Any] = tomllib.loads(content.decode("utf-8"))
            users = table.pop("users", None)
            if table or not isinstance(users, dict):
                raise ValueError("it holds one table, [users], and nothing else")
            found: dict[str, Hashed] = {}
            for name, line in users.items():
                if not isinstance(line, str) or check_name(name) in found:
                    raise ValueError(f"user {name!r} needs one line, and one hash in it")
                try:
                    found[check_name(name)] = parse(line)
                except ValueError as error:
                    raise ValueError(f"what stands at user {name!r} won't do: {error}") from error
        except (ValueError, UsageError) as error:
            raise UsageError(
                f"{self.path} isn't a file of users: {str(error).rstrip('.')}. "
                "Mend it, or move it away and begin anew with homespun users add."
            ) from error
        return found

    def _write(self, users: dict[str, Hashed]) -> None:
        # A string of JSON is one of TOML where nothing is a control character.
        lines = [f'{json.dumps(name, ensure_ascii=False)} = "{users[name]}"\n' for name in sorted(users)]
        try:
            if self.path.exists():
                self.path.chmod(0o600)  # the new file gets the old one's mode
            with atomic_stream(self.path) as stream:
                Path(stream.name).chmod(0o600)  # before there is anything to read
                stream.write(f"{HEAD}[users]\n{''.join(lines)}".encode())
        except OSError as error:
            raise HomespunError(f"Can't write {self.path}: {error.strerror}.") from error


def _sign(status: os.stat_result) -> _Sign:
    """What is different after every change of a file."""
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
