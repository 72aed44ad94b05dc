"""Reasoning that a client's format cannot carry comes back on the next turn."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from plexus.addons.upstream.seal_keeper import (
    KEPT_S,
    MAX_TURNS,
    Outline,
    Scope,
    SealKeeper,
    Watcher,
)
from plexus.transforms.assemble import replay
from plexus.transforms.ir import (
    ChatRequest,
    ChatResponse,
    Choice,
    Message,
    Part,
    Seal,
    Text,
    Thinking,
    ToolCall,
)

SIGNED = Thinking(text="hm", seal=Seal(dialect="messages", kind="signature", data="c2ln"))
CALL = ToolCall(id="call_1", name="weather", arguments='{"city":"Oslo"}')
CLAUDE = Scope(principal="app", provider="anthropic", dialect="messages")


def keeper(now: float = 0.0) -> SealKeeper:
    return SealKeeper(lambda: now)


def history(*parts: Part) -> ChatRequest:
    return ChatRequest(model="m", messages=(Message(role="assistant", parts=parts),))


def restored(kept: SealKeeper, scope: Scope, *parts: Part) -> tuple[Part, ...]:
    return kept.restore(scope, history(*parts)).messages[0].parts


def test_thoughts_stand_before_their_calls_again() -> None:
    kept = keeper()
    kept.keep(CLAUDE, (SIGNED, Text(text="Let me look."), CALL))
    assert restored(kept, CLAUDE, Text(text="Let me look."), CALL) == (
        SIGNED,
        Text(text="Let me look."),
        CALL,
    )


def test_thoughts_between_calls_keep_their_place() -> None:
    kept = keeper()
    second = ToolCall(id="call_2", name="time", arguments="{}")
    later = Thinking(text="and", seal=Seal(dialect="messages", kind="redacted", data="eA=="))
    kept.keep(CLAUDE, (SIGNED, CALL, later, second))
    assert restored(kept, CLAUDE, CALL, second) == (SIGNED, CALL, later, second)


def test_an_answer_without_calls_is_known_by_its_text() -> None:
    kept = keeper()
    kept.keep(CLAUDE, (SIGNED, Text(text="Cold.\n")))
    assert restored(kept, CLAUDE, Text(text="Cold.")) == (SIGNED, Text(text="Cold."))
    assert restored(kept, CLAUDE, Text(text="Warm.")) == (Text(text="Warm."),)


def test_turns_are_found_by_calls_and_by_text_in_one_history() -> None:
    kept, said = keeper(), Text(text="It rains.")
    kept.keep(CLAUDE, (SIGNED, CALL))
    by_calls = restored(kept, CLAUDE, CALL), restored(kept, CLAUDE, said)
    kept.keep(CLAUDE, (SIGNED, said))

    assert by_calls == ((SIGNED, CALL), (said,))
    assert restored(kept, CLAUDE, CALL) == (SIGNED, CALL)
    assert restored(kept, CLAUDE, said) == (SIGNED, said)


def test_unsigned_thoughts_of_the_client_give_way_to_the_signed_ones() -> None:
    kept = keeper()
    kept.keep(CLAUDE, (SIGNED, CALL))
    assert restored(kept, CLAUDE, Thinking(text="hm"), CALL) == (SIGNED, CALL)


def test_what_the_client_could_carry_itself_is_left_alone() -> None:
    kept = keeper()
    kept.keep(CLAUDE, (SIGNED, CALL))
    own = Thinking(text="own", seal=Seal(dialect="messages", kind="signature", data="b3du"))
    assert restored(kept, CLAUDE, own, CALL) == (own, CALL)


def test_a_seal_that_came_back_bare_gives_way_to_the_words_its_provider_wants() -> None:
    scope = Scope(principal="app", provider="router", dialect="chat")
    seal = Seal(dialect="chat", kind="encrypted", data="eA==")
    spoken = Thinking(text="hm", seal=seal, ext={"chat": {"details": [{"type": "x"}]}})
    kept = keeper()
    kept.keep(scope, (spoken, CALL))
    assert restored(kept, scope, Thinking(text="hm", seal=seal), CALL) == (spoken, CALL)
    own = replace(spoken, text="own")
    assert restored(kept, scope, own, CALL) == (own, CALL)


def test_an_answer_that_comes_back_in_pieces_is_one() -> None:
    kept = keeper()
    kept.keep(CLAUDE, (SIGNED, Text(text="Of course.")))
    question = Message(role="user", parts=(Text(text="Sure?"),))
    pieces = [
        Message(role="assistant", parts=(part,))
        for part in (Thinking(text="hm"), Text(text="Of "), Text(text="course."), Text(text=""))
    ]
    request = ChatRequest(model="m", messages=(question, *pieces, question))
    assert kept.restore(CLAUDE, request).messages == (
        question,
        Message(role="assistant", parts=(SIGNED, Text(text="Of course."))),
        question,
    )


def test_neighbouring_answers_that_were_kept_apart_come_back_apart() -> None:
    kept = keeper()
    for text in ("One.", "Two."):
        kept.keep(CLAUDE, (SIGNED, Text(text=text)))
    answers = [Message(role="assistant", parts=(Text(text=text),)) for text in ("One.", "Two.")]
    request = ChatRequest(model="m", messages=tuple(answers))
    assert [message.parts for message in kept.restore(CLAUDE, request).messages] == [
        (SIGNED, Text(text="One.")),
        (SIGNED, Text(text="Two.")),
    ]


def test_pieces_of_an_answer_that_was_not_kept_stay_pieces() -> None:
    kept = keeper()
    kept.keep(CLAUDE, (SIGNED, CALL))
    pieces = [Message(role="assistant", parts=(Text(text=text),)) for text in ("Of ", "course.")]
    request = ChatRequest(model="m", messages=tuple(pieces))
    assert kept.restore(CLAUDE, request) is request


def test_a_seal_on_a_call_comes_back_on_that_call() -> None:
    kept = keeper()
    gemini = Scope(principal="app", provider="google", dialect="gemini")
    seal = Seal(dialect="gemini", kind="thought", data="dGg=")
    kept.keep(gemini, (ToolCall(id="call_1", name="weather", seal=seal),))
    (call,) = restored(kept, gemini, CALL)
    assert isinstance(call, ToolCall)
    assert (call.seal, call.arguments) == (seal, CALL.arguments)


def test_a_mediators_answer_is_kept_with_the_seal_of_whom_it_asked() -> None:
    kept = keeper()
    router = Scope(principal="app", provider="openrouter", dialect="chat")
    told = replace(SIGNED, ext={"chat": {"details": [{"at": 0, "rest": {}}]}})
    kept.keep(router, (told, CALL))
    # A messages client sends the signature itself, but not in the mediator's words.
    assert restored(kept, router, SIGNED, CALL) == (told, CALL)
    assert restored(kept, router, CALL) == (told, CALL)
    assert restored(kept, router, told, CALL) == (told, CALL)


def test_nobody_else_gets_it() -> None:
    kept = keeper()
    kept.keep(CLAUDE, (SIGNED, CALL))
    for other in (
        Scope(principal="other", provider="anthropic", dialect="messages"),
        Scope(principal="app", provider="elsewhere", dialect="messages"),
        Scope(principal="app", provider="anthropic", dialect="gemini"),
    ):
        assert restored(kept, other, CALL) == (CALL,)


def test_answers_without_a_seal_of_the_provider_are_not_kept() -> None:
    kept = keeper()
    kept.keep(CLAUDE, (Thinking(text="unsigned"), CALL))
    kept.keep(CLAUDE, (Text(text="plain"),))
    assert len(kept) == 0
    request = history(CALL)
    assert kept.restore(CLAUDE, request) is request


def test_a_turn_whose_calls_differ_is_another_turn() -> None:
    kept = keeper()
    kept.keep(CLAUDE, (SIGNED, CALL))
    more = ToolCall(id="call_9", name="time")
    assert restored(kept, CLAUDE, CALL, more) == (CALL, more)


def test_it_expires() -> None:
    now = [0.0]
    kept = SealKeeper(lambda: now[0])
    kept.keep(CLAUDE, (SIGNED, CALL))
    now[0] = KEPT_S + 1
    assert restored(kept, CLAUDE, CALL) == (CALL,)
    assert len(kept) == 0


def test_it_is_bounded_and_the_least_recently_used_go_first() -> None:
    kept = keeper()
    for number in range(MAX_TURNS + 10):
        kept.keep(CLAUDE, (SIGNED, ToolCall(id=f"call_{number}", name="x")))
        if number == 5:
            restored(kept, CLAUDE, ToolCall(id="call_0", name="x"))
    assert len(kept) == MAX_TURNS
    assert len(restored(kept, CLAUDE, ToolCall(id=f"call_{MAX_TURNS}", name="x"))) == 2
    assert len(restored(kept, CLAUDE, ToolCall(id="call_1", name="x"))) == 1


def test_large_thoughts_are_bounded_by_their_bytes() -> None:
    kept = keeper()
    large = Thinking(text="x" * 2**20, seal=SIGNED.seal)
    for number in range(100):
        kept.keep(CLAUDE, (large, ToolCall(id=f"call_{number}", name="x")))
    assert len(kept) < 65


def test_a_stream_is_kept_like_a_whole_answer_without_its_text() -> None:
    whole, streamed = keeper(), keeper()
    parts = (SIGNED, Text(text="The answer"), Text(text=" is cold."))
    answer = ChatResponse(id="r", model="m", choices=(Choice(parts=parts),))
    whole.keep(CLAUDE, parts)
    watcher = Watcher(streamed, CLAUDE)
    for event in replay(answer):
        watcher.see(event)
    sent = (Text(text="The answer is cold."),)
    assert restored(streamed, CLAUDE, *sent) == restored(whole, CLAUDE, *sent) == (SIGNED, *sent)


def test_a_stream_with_calls_is_kept_by_them() -> None:
    kept = keeper()
    watcher = Watcher(kept, CLAUDE)
    answer = ChatResponse(id="r", model="m", choices=(Choice(parts=(SIGNED, CALL)),))
    for event in replay(answer):
        watcher.see(event)
    assert restored(kept, CLAUDE, CALL) == (SIGNED, CALL)


def test_calls_that_share_an_id_go_out_as_the_client_sent_them() -> None:
    kept = keeper()
    twin = ToolCall(id=CALL.id, name="time", arguments="{}")
    kept.keep(CLAUDE, (SIGNED, CALL, twin))
    assert restored(kept, CLAUDE, CALL, twin) == (CALL, twin)
    kept.keep(CLAUDE, (SIGNED, CALL))
    assert restored(kept, CLAUDE, CALL, twin) == (CALL, twin)


class Elsewhere:
    """Keepers of other processes, who keep what they are told."""

    def __init__(self) -> None:
        self.kept: dict[tuple[Scope, str], Outline] = {}
        self.asked: list[tuple[list[str], list[str]]] = []

    def put(self, scope: Scope, name: str, parts: Outline) -> None:
        self.kept[scope, name] = parts

    async def find(
        self, scope: Scope, latest: Sequence[str], earlier: Sequence[str]
    ) -> Mapping[str, Outline]:
        self.asked.append((list(latest), list(earlier)))
        names = [name for name in (*latest, *earlier) if (scope, name) in self.kept]
        return {name: self.kept[scope, name] for name in names}


async def test_others_are_told_of_each_turn_that_is_kept_and_asked_for_those_that_are_not() -> None:
    others = Elsewhere()
    first, second = (SealKeeper(lambda: 0.0, others) for _ in range(2))
    assert first.is_shared and not keeper().is_shared
    first.keep(CLAUDE, (SIGNED, CALL))
    first.keep(CLAUDE, (Text(text="plain"),))
    assert list(others.kept) == [(CLAUDE, "call:call_1")]
    await second.fetch(CLAUDE, history(CALL))
    assert restored(second, CLAUDE, CALL) == (SIGNED, CALL)
    await second.fetch(CLAUDE, history(CALL))
    assert others.asked == [(["call:call_1"], [])]


async def test_others_are_asked_with_the_latest_turn_first() -> None:
    others = Elsewhere()
    question = Message(role="user", parts=(Text(text="?"),))
    calls = [ToolCall(id=f"c{number}", name="n") for number in range(4)]
    turns = [Message(role="assistant", parts=(call,)) for call in calls]
    request = ChatRequest(model="m", messages=(turns[0], question, turns[1], question, *turns[2:]))
    await SealKeeper(lambda: 0.0, others).fetch(CLAUDE, request)
    assert others.asked == [(["call:c2", "call:c3"], ["call:c1", "call:c0"])]


async def test_nobody_is_asked_for_turns_that_the_client_brings_back_itself() -> None:
    others = Elsewhere()
    own = replace(SIGNED, ext={"messages": {"x": 1}})
    kept = SealKeeper(lambda: 0.0, others)
    await kept.fetch(CLAUDE, history(own, CALL))
    await kept.fetch(CLAUDE, ChatRequest(model="m", messages=()))
    await keeper().fetch(CLAUDE, history(CALL))
    assert others.asked == []
