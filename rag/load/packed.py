"""A member of a zip archive, unpacked with an eye on how much comes out.

Contract: what an archive's headers say of sizes is never relied on; bytes are counted as they come.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import IO

from rag.load.limits import MIB, Limits, amount
from rag.parsed import Unreadable

STORED, DEFLATED = 0, 8
_HEADER = struct.Struct("<4s22x2H")  # of a member: its mark, the lengths of its name and of extra fields
_STEP = 1 << 16


@dataclass
class Tally:
    """How many bytes each member of one archive has unpacked to, by its place in the archive."""

    counts: dict[int, int] = field(default_factory=dict)

    def total(self) -> int:
        """Returns all of them."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Packed:
    """Where a member lies in its archive.

    Attributes:
        offset: of its header.
        size: in bytes, packed.
        method: `STORED` or `DEFLATED`.
        crc: of the content.
        tally: of the archive.
    """

    offset: int
    size: int
    method: int
    crc: int
    tally: Tally = field(repr=False)

    def unpack(self, stream: IO[bytes], limits: Limits) -> bytes:
        """Returns the content.

        Raises:
            Unreadable: it's damaged, or more than the limits let pass.
        """
        stream.seek(self.offset)
        header = stream.read(_HEADER.size)
        if len(header) < _HEADER.size:
            raise Unreadable("is damaged: its archive ends too soon")
        mark, name, extra = _HEADER.unpack(header)
        if mark != b"PK\x03\x04":
            raise Unreadable("is damaged: it isn't where its archive says")
        stream.seek(name + extra, 1)
        self.tally.counts.pop(self.offset, None)
        before = self.tally.total()
        room = min(limits.file_bytes, limits.archive_bytes - before)
        try:
            data = self._inflated(stream, room, limits)
        except zlib.error as error:
            raise Unreadable("is damaged: it can't be unpacked") from error
        if zlib.crc32(data) != self.crc:
            raise Unreadable("is damaged: its checksum is wrong")
        if not data:
            raise Unreadable("is empty")
        self.tally.counts[self.offset] = len(data)
        return data

    def _inflated(self, stream: IO[bytes], room: int, limits: Limits) -> bytes:
        if self.method == STORED:
            if self.size > room:
                raise Unreadable(_too_much(room, limits))
            return stream.read(self.size)
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        parts: list[bytes] = []
        left, count, waiting = self.size, 0, b""
        while not inflater.eof:
            if not waiting and left:
                waiting = stream.read(min(left, _STEP))
                left = left - len(waiting) if waiting else 0
            part = inflater.decompress(waiting, _STEP * 16)
            if not part and not left and not inflater.unconsumed_tail:
                break  # cut off; the checksum tells
            waiting = inflater.unconsumed_tail
            parts.append(part)
            count += len(part)
            if count > room:
                raise Unreadable(_too_much(room, limits))
            if count > MIB and count > limits.ratio * self.size:
                raise Unreadable(f"unpacks to over {limits.ratio} times its size: it looks like a zip bomb")
        return b"".join(parts)


def _too_much(room: int, limits: Limits) -> str:
    if room == limits.file_bytes:
        return f"unpacks to more than {amount(limits.file_bytes)}"
    return f"is in an archive that unpacks to more than {amount(limits.archive_bytes)}"
