"""What earlier calls taught about targets."""

import pytest

from plexus.addons.routing.measures import Mean, Measured, Measures, Sample
from plexus.store.records import HourlyRequests, SpeedSample
from tests.addons.factories import target

NOW = 1_000_000 * 3600.0  # the beginning of an hour
ACME = target("acme/fast")


def sample(**other: float) -> Sample:
    return Sample(**{"at": NOW, "duration_s": 3.0, "ttft_s": 1.0, "tokens": 60, **other})  # type: ignore[arg-type]  # of these types


def measures(*samples: Sample, kept: int = 100) -> Measures:
    made = Measures(kept, clock=lambda: NOW)
    for one in samples:
        made.note(ACME, one)
    return made


def acme(made: Measures) -> Measured:
    return made.of("acme", "fast")


def test_a_stream_tells_the_wait_and_both_rates() -> None:
    assert acme(measures(sample())) == Measured(
        tokens_per_s=Mean(30.0, 1, NOW),
        e2e_tokens_per_s=Mean(20.0, 1, NOW),
        ttft_s=Mean(1.0, 1, NOW),
        samples=1,
        last_sample_at=NOW,
        requests_24h=1,
    )


def test_a_whole_answer_says_nothing_of_the_wait_for_the_first_token() -> None:
    found = acme(measures(Sample(at=NOW, duration_s=3.0, tokens=60)))
    assert found.ttft_s == Mean()
    assert found.tokens_per_s.value == found.e2e_tokens_per_s.value == 20.0


@pytest.mark.parametrize("tokens", [None, 0])
def test_a_call_without_tokens_has_no_rate(tokens: int | None) -> None:
    found = acme(measures(Sample(at=NOW, duration_s=3.0, ttft_s=1.0, tokens=tokens)))
    assert (found.tokens_per_s, found.e2e_tokens_per_s) == (Mean(), Mean())
    assert found.ttft_s.count == found.samples == 1


def test_a_rate_over_no_time_is_no_rate() -> None:
    found = acme(measures(sample(duration_s=1.0)))
    assert (found.tokens_per_s, found.e2e_tokens_per_s.value) == (Mean(), 60.0)


def test_few_numbers_have_a_plain_mean() -> None:
    found = acme(measures(*(sample(ttft_s=n) for n in (1.0, 2.0, 6.0))))
    assert found.ttft_s.value == pytest.approx(3.0)


def test_what_lies_back_as_far_as_is_kept_no_longer_counts() -> None:
    mean = Mean()
    for number in [1_000.0, *[1.0] * 100]:
        mean.add(number, NOW, kept=100)
    assert mean.value == pytest.approx(1.0, abs=0.05)
    assert mean.count == 100


def test_with_one_kept_only_the_last_counts() -> None:
    found = acme(measures(sample(ttft_s=5.0), sample(ttft_s=2.0), kept=1))
    assert (found.ttft_s, found.samples) == (Mean(2.0, 1, NOW), 1)


def test_a_target_that_only_failed_has_requests_and_no_data() -> None:
    made = measures()
    made.count(ACME)
    assert acme(made) == Measured(requests_24h=1)


def test_requests_are_forgotten_after_24_hours() -> None:
    hours = [NOW]
    made = Measures(clock=lambda: hours[0])
    made.note(ACME, sample())
    for hour, left in ((0, 1), (23, 1), (24, 0)):
        hours[0] = NOW + hour * 3600
        made.tidy()
        assert acme(made).requests_24h == left
    assert acme(made).samples == 1


def test_targets_are_told_apart_and_views_stay_the_same_object() -> None:
    made = measures()
    view, other = made.of("acme", "fast"), made.of("acme", "slow")
    made.note(ACME, sample())
    assert made.of("acme", "fast") is view
    assert (view.samples, other.samples) == (1, 0)


def test_the_ledger_warms_it_up() -> None:
    made = measures()
    row = {"provider": "acme", "model": "fast", "duration_ms": 3000.0, "tokens_output": 60}
    made.load(
        [
            SpeedSample(start_time=1000, is_streamed=True, ttft_ms=1000.0, **row),  # type: ignore[arg-type]  # of these types
            SpeedSample(start_time=2000, is_streamed=False, ttft_ms=3000.0, **row),  # type: ignore[arg-type]  # of these types
        ],
        [HourlyRequests(provider="acme", model="fast", hour=1_000_000, requests=7)],
    )
    assert acme(made) == Measured(
        tokens_per_s=Mean(25.0, 2, 2.0),
        e2e_tokens_per_s=Mean(20.0, 2, 2.0),
        ttft_s=Mean(1.0, 1, 1.0),
        samples=2,
        last_sample_at=2.0,
        requests_24h=7,
    )


def test_names_that_clients_invent_do_not_pile_up() -> None:
    made = measures()
    for n in range(10_050):
        made.note(target(f"acme/made-up-{n}"), sample())
    made.count(target("acme/made-up-10049"))
    assert made.of("acme", "made-up-9999").samples == 1
    assert made.of("acme", "made-up-10049") == Measured()
    made.note(ACME, sample())
    assert acme(made).samples == 0
    assert made.of("acme", "configured") is made.of("acme", "configured")
