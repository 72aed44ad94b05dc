"""What is kept of a call while it is under way, when somebody wants to look at it later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_MOST_SENT: Final = 10  # requests to providers whose bodies are kept; of further ones the heads


class Body:
    """The beginning of a body, and how long it was. `most`: bytes that are kept."""

    __slots__ = ("_kept", "_most", "_pieces", "size")

    def __init__(self, most: int, data: bytes = b"") -> None:
        self._most: Final = most
        self._pieces: Final[list[bytes]] = []
        self._kept = 0
        self.size = 0
        self.add(data)

    def add(self, data: bytes) -> None:
        """Take more of the body."""
        self.size += len(data)
        room = self._most - self._kept
        if room > 0 and data:
            piece = data if len(data) <= room else data[:room]
            self._pieces.append(piece)
            self._kept += len(piece)

    @property
    def content(self) -> bytes:
        """What was kept."""
        return b"".join(self._pieces)

    @property
    def kept(self) -> int:
        """How many bytes are kept."""
        return self._kept

    @property
    def is_cut(self) -> bool:
        """Whether there was more than is kept."""
        return self.size > self._kept


@dataclass(slots=True, kw_only=True)
class Sent:
    """A request that went to a provider, and what came back."""

    url: str
    headers: Mapping[str, str]
    body: Body
    status: int | None = None  # None: no reply
    reply_headers: Mapping[str, str] = field(default_factory=dict)
    reply: Body


@dataclass(slots=True, kw_only=True)
class Capture:
    """What a call leaves behind. `most`: bytes of each body."""

    most: int
    only_errors: bool  # thrown away unless the call fails
    sent: list[Sent] = field(default_factory=list)
    is_kept: bool = False  # what there was after a while, of a call that goes on
    to_client: Body = field(init=False)  # of a stream

    def __post_init__(self) -> None:
        self.to_client = Body(self.most)

    def sending(self, url: str, headers: Mapping[str, str], body: bytes) -> Sent:
        """Note a request that leaves; its reply is to be added."""
        most = self.most if len(self.sent) < _MOST_SENT else 0
        sent = Sent(url=url, headers=headers, body=Body(most, body), reply=Body(most))
        self.sent.append(sent)
        return sent
