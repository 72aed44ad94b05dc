"""Usage records as the gateway makes them, for tests."""

from __future__ import annotations

from typing import Any

from plexus.store.records import UsageRecord

START = 1_700_000_000_000


def pending(request_id: str = "r1", **changes: Any) -> UsageRecord:
    """Return a call that has begun."""
    fields: dict[str, Any] = {
        "request_id": request_id,
        "start_time": START,
        "source_ip": "127.0.0.1",
        "api_key": "team-a",
        "door": "gateway",
        "request_method": "POST",
        "request_path": "/v1/chat/completions",
        "incoming_api_type": "openai_chat",
        "incoming_model_alias": "fast",
    }
    return UsageRecord(**fields | changes)


def finished(request_id: str = "r1", **changes: Any) -> UsageRecord:
    """Return a call that has succeeded, with every group of fields filled."""
    fields: dict[str, Any] = {
        "response_status": "success",
        "canonical_model_name": "gpt-x",
        "outgoing_api_type": "openai_chat",
        "provider": "acme",
        "selected_model_name": "gpt-x-mini",
        "final_attempt_provider": "acme",
        "final_attempt_model": "gpt-x-mini",
        "all_attempted_providers": '["acme/gpt-x-mini"]',
        "attempt_count": 1,
        "is_streamed": True,
        "tokens_input": 100,
        "tokens_output": 50,
        "tokens_reasoning": 20,
        "tokens_cached": 7,
        "tokens_cache_write": 0,
        "cost_input": 0.001,
        "cost_output": 0.002,
        "cost_cached": 0.0,
        "cost_cache_write": 0.0,
        "cost_total": 0.003,
        "cost_source": "simple",
        "cost_metadata": '{"input":1.0,"output":2.0}',
        "duration_ms": 123.4,
        "ttft_ms": 23.4,
        "tokens_per_sec": 500.5,
        "http_status": 200,
        "finish_reason": "stop",
        "tools_defined": 2,
        "message_count": 3,
        "tool_calls_count": 0,
        "parallel_tool_calls_enabled": True,
        "timeline": '{"identify":0.1,"route":0.4,"first_byte":23.4,"end":123.4}',
        "routing": '{"targets":[{"target":"acme/gpt-x-mini","reason":"in_order"}]}',
    }
    return pending(request_id, **fields | changes)
