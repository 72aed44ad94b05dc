"""The plan of a run is the same whenever its number of calls and its seed are."""

from collections import Counter

from tests.chaos.calls import FORMATS, PHASES, planned


def test_a_plan_follows_from_its_seed() -> None:
    assert planned(500, seed=3) == planned(500, seed=3) != planned(500, seed=4)


def test_every_fault_meets_every_format_over_every_door() -> None:
    calls = planned(10_000, seed=1)
    assert [call.number for call in calls] == list(range(1, 10_001))
    for phase in PHASES:
        mine = [call for call in calls if call.phase is phase]
        assert {call.fault for call in mine} == set(phase.faults)
        assert {call.format for call in mine} == set(FORMATS)
        assert {call.door for call in mine} == {"base_url", "proxy", "proxy-h2"}
    early = Counter(call.fault.early for call in calls)
    assert early[True] > 5000


def test_faults_of_streams_meet_streams() -> None:
    for call in planned(2000, seed=1):
        assert call.fault.when in ("both", "stream" if call.stream else "unary")


def test_only_some_clients_leave_and_only_where_that_is_the_point() -> None:
    calls = planned(10_000, seed=1)
    leaving = [call for call in calls if call.leaves_s is not None]
    assert {call.phase.name for call in leaving} == {"leaving"}
    assert 0.05 < len(leaving) / sum(call.phase.leaving for call in calls) < 0.15


def test_an_answer_tells_its_call_and_unless_it_may_be_continued_its_provider() -> None:
    plain, *_, continued = (c for c in planned(1000, seed=1) if not c.phase.leaving)
    assert plain.text("a") != plain.text("b")
    assert continued.text("a") == continued.text("b")
    assert f"end-{plain.number}." in plain.text("a")
