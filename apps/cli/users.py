"""`homespun users`: who may log in to `homespun ui --auth`."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.options import AsJson
from apps.cli.output import columns, complain, emit, note
from homespun.errors import UsageError

if TYPE_CHECKING:
    from apps.users import Users

app = typer.Typer(help="Add, list and remove those who may log in to `homespun ui --auth`.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name; capitals count.")]
File = Annotated[
    Path | None,
    typer.Option(
        "--file", "-f", help="The file of users; default: the setting auth, or users.toml in the home."
    ),
]


@app.callback(invoke_without_command=True)
def _root(context: typer.Context, file: File = None, as_json: AsJson = False) -> None:
    if context.invoked_subcommand is None:
        list_(file, as_json)
    elif file is not None:
        raise UsageError(f"--file belongs after {context.invoked_subcommand}.")


@app.command()
def add(name: Name, file: File = None, as_json: AsJson = False) -> None:
    """Add a user. The password is asked for, or is the first line of what is piped in."""
    from apps.users import check_name

    users = _read(file)
    users.refuse_known(check_name(name))  # before anything is typed
    kept = users.add(name, _password())
    _done(
        {"added": kept, "file": str(users.path)},
        f"{kept} may log in to homespun ui --auth {users.path}",
        as_json,
    )


@app.command("list")
def list_(file: File = None, as_json: AsJson = False) -> None:
    """List the users."""
    users = _read(file)
    names = users.names
    if users.exposed:
        complain(f"Everybody on this machine can read {users.path}: chmod 600 makes it yours alone.")
    if as_json:
        emit({"users": list(names), "file": str(users.path)})
    elif names:
        columns(("USER",), [(name,) for name in names])
    else:
        note(f"There are no users in {users.path} yet: homespun users add NAME makes one.")


@app.command()
def remove(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="The users' names.")],
    file: File = None,
    as_json: AsJson = False,
) -> None:
    """Remove users; a running server logs them out. What is kept of their chats stays."""
    users = _read(file)
    gone = users.remove(names)
    if as_json:
        emit({"removed": list(gone), "file": str(users.path)})


@app.command()
def password(name: Name, file: File = None, as_json: AsJson = False) -> None:
    """Give a user another password; a running server then asks for it."""
    users = _read(file)
    users.known(name)  # before anything is typed
    kept = users.change(name, _password())
    _done({"changed": kept, "file": str(users.path)}, f"{kept} has another password", as_json)


def _read(file: Path | None) -> Users:
    from apps.users import Users
    from homespun.settings import load_settings

    settings = load_settings(auth=file)
    return Users.read(settings.auth or settings.folder.users)


def _password() -> str:
    """Asks for a password twice, without showing it; takes the first line where nobody sits at a terminal."""
    from apps.passwords import check_password

    if not sys.stdin.isatty():
        given = sys.stdin.readline().removesuffix("\n").removesuffix("\r")
        check_password(given)
        return given
    try:
        given = getpass.getpass("Password: ")
        check_password(given)
        again = getpass.getpass("Once more: ")
    except EOFError as error:
        raise typer.Abort from error
    if given != again:
        raise UsageError("The two passwords differ; nothing was changed.")
    return given


def _done(value: dict[str, str], line: str, as_json: bool) -> None:
    if as_json:
        emit(value)
    else:
        note(line)
