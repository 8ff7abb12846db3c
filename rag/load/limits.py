"""How much is read: what is larger is skipped with a line, before it costs anything."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Bounds on files.

    Attributes:
        file_bytes: of one file, or of one member of an archive once it's unpacked.
        archive_bytes: of all that one archive unpacks to, and of the archive itself.
        members: of one archive.
        ratio: how many times its packed size a member may unpack to, beyond its first MiB.
    """

    file_bytes: int = 64 * MIB
    archive_bytes: int = 1024 * MIB
    members: int = 50_000
    ratio: int = 200


def amount(count: int) -> str:
    """Returns a number of bytes in words, such as ``64 MiB``."""
    return f"{count / MIB:.4g} MiB" if count >= MIB else f"{count:,} bytes"
