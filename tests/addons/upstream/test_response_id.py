"""The id that a conversation's next turn refers to."""

import pytest

from plexus.addons.upstream.response_id import response_id_in


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'{"id":"resp_1a","object":"response"}', "resp_1a"),
        (b'event: response.created\ndata: {"response":{"id" : "resp_2"}}\n\n', "resp_2"),
        (b'{"id":"chatcmpl-1"}', None),
        (b'{"id":"x","previous_response_id":"resp_0"}', None),
        (b" " * 5000 + b'{"id":"resp_3"}', None),
        (b"", None),
    ],
)
def test_only_the_id_of_a_responses_answer_is_found(data: bytes, found: str | None) -> None:
    assert response_id_in(data, "responses") == found
    assert response_id_in(data, "chat") is None
