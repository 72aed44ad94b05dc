"""Write one tool call of a streamed answer as chat deltas, as the client knows its tools."""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Receipt
from plexus.transforms.ir import Seal, ToolCall
from plexus.transforms.wire import JsonObject

from .answer import Client
from .calls import client_seal, encode_call, is_legacy
from .seals import google_content

type Deltas = list[JsonObject]


class CallWriter:
    """Writes the `number`-th call; a custom tool's arguments are kept until they are whole."""

    def __init__(
        self, call: ToolCall, number: int, *, client: Client, receipt: Receipt, path: str
    ) -> None:
        self._call = call = client.named(call)
        self._number = number
        self._client = client
        self._receipt = receipt
        self._path = path
        self.said = False
        self._kept: list[str] = []
        self._custom = call.kind == "function" and call.name in client.customs
        self._legacy = client.legacy or is_legacy(call)
        self._key = "input" if call.kind == "custom" else "arguments"

    def begin(self) -> Deltas:
        """Send id, name and the arguments that are known."""
        call = self._call
        if self._legacy and self._number > 0:
            self._receipt.dropped(self._path, "function_call holds one call")
            return []
        self.said = bool(call.arguments)
        if self._custom:
            self._kept.append(call.arguments)
            return []
        if self._legacy:
            return [{"function_call": {"name": call.name, "arguments": call.arguments}}]
        inner: JsonObject = {"name": call.name, self._key: call.arguments}
        return self._delta(
            {"id": call.id, "type": call.kind, call.kind: inner, **client_seal(call)}
        )

    def say(self, text: str) -> Deltas:
        """Append to the arguments."""
        self.said = True
        if self._legacy:
            return [] if self._number > 0 else [{"function_call": {"arguments": text}}]
        if self._custom:
            self._kept.append(text)
            return []
        return self._delta({self._call.kind: {self._key: text}})

    def seal(self, seal: Seal) -> Deltas:
        """Send a seal: chat has a place for Gemini's."""
        if seal.dialect != "gemini":
            self._receipt.dropped(f"{self._path}.seal", f"only {seal.dialect} clients keep it")
            return []
        if self._legacy:
            return []
        if self._custom:
            self._call = replace(self._call, seal=seal)
            return []
        # OpenAI's SDK insists on a function in every delta of a call.
        nothing: JsonObject = {self._call.kind: {self._key: ""}}
        return self._delta({**nothing, "extra_content": google_content(seal)})

    def end(self) -> Deltas:
        """Send what was kept; clients parse the arguments, so that they cannot stay blank."""
        if self._custom:
            whole = self._client.fits(replace(self._call, arguments="".join(self._kept)))
            written = encode_call(whole, id_=self._call.id, cache=False)
            return self._delta({**written, **client_seal(whole)})
        if self.said or self._call.kind == "custom":
            return []
        return self.say("{}")

    def _delta(self, call: JsonObject) -> Deltas:
        return [{"tool_calls": [{"index": self._number, **call}]}]
