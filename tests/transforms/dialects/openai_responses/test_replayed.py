"""What other providers' answers have become in a Responses client's input."""

from collections.abc import Mapping

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.dialects.openai_responses import DIALECT
from plexus.transforms.dialects.openai_responses.ids import is_minted, item_id
from plexus.transforms.dialects.openai_responses.replayed import holds_foreign
from plexus.transforms.envelope import seal_to_envelope
from plexus.transforms.ir import Seal
from plexus.transforms.lazy_object import read_object
from plexus.transforms.wire import Json, JsonObject, dump

ENVELOPE = seal_to_envelope(Seal(dialect="messages", kind="signature", data="c2ln"))


def unread(body: JsonObject) -> Mapping[str, Json]:
    """The body as a large one comes in."""
    return read_object(dump(body) + b" " * 5000)


@pytest.mark.parametrize(
    ("item", "foreign"),
    [
        ({"type": "reasoning", "id": "rs_68af", "encrypted_content": "gAAAA"}, False),
        ({"type": "reasoning", "id": "rs_68af", "encrypted_content": ENVELOPE}, True),
        ({"type": "message", "role": "user", "content": "Hi"}, False),
    ],
)
def test_items_that_openai_cannot_decrypt_are_found(item: JsonObject, foreign: bool) -> None:
    assert is_minted(str(item.get("id", ""))) is False
    assert holds_foreign({"input": [item]}) is foreign
    assert holds_foreign(unread({"input": [item]})) is foreign


@pytest.mark.parametrize("body", [{}, {"input": "Hi"}, {"input": ["odd"]}])
def test_a_body_without_items_holds_nothing(body: JsonObject) -> None:
    assert holds_foreign(body) is False


@pytest.mark.parametrize("prefix", ["rs", "msg", "fc"])
def test_items_that_openai_did_not_make_are_not_passed_through(prefix: str) -> None:
    minted: JsonObject = {"id": item_id(prefix, "resp_1", 0)}
    assert DIALECT.must_rewrite({"input": [minted]}, Traits())
    assert DIALECT.must_rewrite(unread({"input": [minted]}), Traits())
    assert not DIALECT.must_rewrite({"input": [{"id": f"{prefix}_68af"}]}, Traits())
