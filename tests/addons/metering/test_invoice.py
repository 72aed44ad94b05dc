"""What consoles export."""

from datetime import date
from decimal import Decimal

import pytest

from plexus.addons.metering.invoice import Billed, InvoiceError, canonical, read_invoice

JAN = date(2026, 1, 15)


def test_openais_usage_export() -> None:
    found = read_invoice(
        "start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,"
        "api_key_id,model,batch,input_tokens,output_tokens,input_cached_tokens\n"
        "1768435200,1768521600,2026-01-15T00:00:00+00:00,x,p,3,u,key_1,gpt-5-2025-08-07,false,"
        "1000,200,400\n"
        "1768435200,1768521600,2026-01-15T00:00:00+00:00,x,p,1,u,key_2,gpt-5-2025-08-07,false,"
        "10,20,0\n"
        "1768435200,1768521600,2026-01-15T00:00:00+00:00,x,p,,,,,,,,\n"
    )
    assert found.billed == {
        (JAN, "gpt-5"): Billed(
            requests=4, input=610, cached=400, output=220,
            names=frozenset({"gpt-5-2025-08-07"}), keys=frozenset({"key_1", "key_2"}),
        )
    }  # fmt: skip
    assert (found.skipped, found.days) == (1, (JAN, JAN))


def test_openais_cost_export_has_a_line_for_each_kind_of_token() -> None:
    found = read_invoice(
        "start_time,end_time,amount_value,amount_currency,line_item\n"
        '1768435200,1768521600,0.00125,usd,"gpt-5-2025-08-07, input"\n'
        '1768435200,1768521600,0.00200,usd,"gpt-5-2025-08-07, output"\n'
    )
    (billed,) = found.billed.values()
    assert (billed.cost, billed.input, billed.requests) == (Decimal("0.00325"), None, None)


def test_anthropics_usage_export_tells_caches_apart() -> None:
    found = read_invoice(
        "\ufeffusage_date_utc,model_version,api_key,workspace,usage_type,context_window,"
        "usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,"
        "usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,"
        "web_search_count\n"
        "2026-01-15,claude-sonnet-4-20250514,k,Default,standard,≤ 200k,100,20,30,40,50,0\n"
    )
    assert found.billed == {
        (JAN, "claude-sonnet-4"): Billed(
            input=100, cached=40, written=50, output=50,
            names=frozenset({"claude-sonnet-4-20250514"}), keys=frozenset({"k"}),
        )
    }  # fmt: skip


def test_anthropics_cost_export_uses_the_models_title() -> None:
    found = read_invoice(
        "usage_date_utc,model,workspace,api_key,token_type,cost_usd\n"
        "2026-01-15,Claude Sonnet 4,Default,k,input,$1.25\n"
        '2026-01-15,Claude Sonnet 4,Default,k,output,"1,002.50"\n'
    )
    (place,) = found.billed
    assert place == (JAN, "claude-sonnet-4")
    assert found.billed[place].cost == Decimal("1003.75")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-01-15", JAN),
        ("2026-01-15T23:30:00-02:00", date(2026, 1, 16)),
        ("1768435200000", JAN),
    ],
)
def test_days_are_utcs(text: str, day: date) -> None:
    found = read_invoice(f"date,model,requests\n{text},m,1\n")
    assert list(found.billed) == [(day, "m")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column for the day"),
        ("date,cost\n", "no column for the model"),
        ("date,model,weather\n", "neither tokens nor requests nor cost"),
        ("date,model,cost\nyesterday,m,1\n", "no line with a day and a model"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(text: str, said: str) -> None:
    with pytest.raises(InvoiceError, match=said):
        read_invoice(text)


def test_numbers_that_are_none_are_unknown() -> None:
    found = read_invoice("date,model,requests,cost\n2026-01-15,m,NaN,n/a\n")
    assert list(found.billed.values()) == [Billed(names=frozenset({"m"}))]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("GPT-4o-2024-08-06", "gpt-4o"),
        ("claude-3-5-haiku-latest", "claude-3-5-haiku"),
        ("Claude Opus 4.1", "claude-opus-4-1"),
        ("claude-opus-4-1-20250805", "claude-opus-4-1"),
        ("ft:gpt-4o:acme::id", "ft:gpt-4o:acme::id"),
    ],
)
def test_models_are_matched_however_they_are_spelled(name: str, plain: str) -> None:
    assert canonical(name) == plain
