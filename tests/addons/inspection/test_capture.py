"""Captures keep the beginning of bodies, and count the rest."""

from hypothesis import given
from hypothesis import strategies as st

from plexus.addons.inspection.capture import Body, Capture


@given(st.lists(st.binary(max_size=5)), st.integers(min_value=0, max_value=12))
def test_a_body_keeps_its_beginning_whatever_the_pieces(pieces: list[bytes], most: int) -> None:
    body = Body(most)
    for piece in pieces:
        body.add(piece)
    whole = b"".join(pieces)
    assert body.content == whole[:most]
    assert (body.size, body.kept) == (len(whole), len(whole[:most]))
    assert body.is_cut is (len(whole) > most)


def test_what_is_sent_is_noted_with_room_for_the_reply() -> None:
    capture = Capture(most=4, only_errors=False)
    sent = capture.sending("http://p.test/", {"a": "b"}, b"request")
    sent.reply.add(b"reply")
    assert capture.sent == [sent]
    assert (sent.body.content, sent.body.size, sent.reply.content) == (b"requ", 7, b"repl")
    assert sent.status is None


def test_of_many_attempts_the_later_ones_keep_no_bodies() -> None:
    capture = Capture(most=100, only_errors=True)
    kept = [capture.sending("http://p.test/", {}, b"x" * 50).body.kept for _ in range(30)]
    assert kept == [50] * 10 + [0] * 20
