"""Every plug-in in `quirks/` is a quirk, and none changes what it does not know."""

from __future__ import annotations

import ast
from dataclasses import replace
from itertools import combinations

import pytest

from plexus.transforms import plugins
from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.quirk import Facts, Family, Quirk, bare
from plexus.transforms.wire import JsonObject
from tests.repository import ROOT, python_files

QUIRKS = plugins.quirks()
each_quirk = pytest.mark.parametrize("quirk", QUIRKS.values(), ids=QUIRKS)
MODELS = ["", "x", "a/b:c-20250101", "é" * 300, "gpt-5", "claude-opus-5", "gemini-3-pro", "o3"]


def test_there_are_quirks_for_every_provider_of_the_list() -> None:
    assert {
        "anthropic", "azure", "cerebras", "deepseek", "fireworks", "gemini_openai", "google",
        "groq", "lmstudio", "mistral", "ollama", "openai", "openrouter", "perplexity", "sglang",
        "together", "vllm", "xai",
    } <= set(QUIRKS)  # fmt: skip


@each_quirk
def test_a_quirk_is_named_and_its_hosts_are_bare_lower_case_names(quirk: Quirk) -> None:
    assert quirk.name
    for host in quirk.hosts:
        assert host == host.lower().strip(".")
        assert not set(host) & set(":/ ")


def test_no_two_quirks_claim_one_host_in_one_dialect() -> None:
    for one, other in combinations(QUIRKS.values(), 2):
        shared = set(one.hosts) & set(other.hosts)
        dialects = set(one.dialects) & set(other.dialects)
        assert not shared or (one.dialects and other.dialects and not dialects)


def test_a_name_is_a_quirk_or_an_adapter() -> None:
    assert not QUIRKS.keys() & plugins.adapters().keys()


def rows(section: str) -> dict[str, str]:
    """The rows of the table in a section of `docs/providers.md`, by the name they begin with."""
    text = (ROOT / "docs/providers.md").read_text()
    lines = text.partition(f"\n## {section}\n")[2].partition("\n#")[0].splitlines()
    return {line.split("`")[1]: line for line in lines if line.startswith("| `")}


def test_the_documentation_lists_every_quirk_with_its_hosts_and_every_adapter() -> None:
    assert set(rows("Quirks")) == set(QUIRKS)
    assert set(rows("Adapters")) == set(plugins.adapters())
    for name, quirk in QUIRKS.items():
        assert all(f"`{host}`" in rows("Quirks")[name] for host in quirk.hosts), name
        assert ("where it is named" in rows("Quirks")[name]) is (not quirk.hosts), name
        if quirk.dialects:
            assert f"({', '.join(quirk.dialects)})" in rows("Quirks")[name], name


@each_quirk
def test_what_a_quirk_brings_along_exists(quirk: Quirk) -> None:
    assert set(quirk.adapters) <= set(plugins.adapters())


@each_quirk
@pytest.mark.parametrize("model", MODELS)
def test_a_quirk_takes_any_model_name_and_applied_twice_is_applied_once(
    quirk: Quirk, model: str
) -> None:
    once = quirk.traits(model, Traits())
    assert quirk.traits(model, once) == once


@each_quirk
@pytest.mark.parametrize("model", MODELS)
def test_the_efforts_of_a_quirk_are_words_in_their_order(quirk: Quirk, model: str) -> None:
    ladder = ("none", "minimal", "low", "medium", "default", "high", "xhigh", "max")
    words = quirk.traits(model, Traits()).efforts or ()
    assert [*words] == sorted(words, key=ladder.index)


@each_quirk
def test_a_quirk_leaves_what_it_knows_nothing_about_alone(quirk: Quirk) -> None:
    one = Traits(tool_id="safe", max_output=4096, cache_marks=True, json_schema=False)
    changed = quirk.traits("some-model", Traits())
    after = quirk.traits("some-model", one)
    for name in ("tool_id", "max_output", "cache_marks", "json_schema"):
        plain, known = getattr(Traits(), name), getattr(changed, name)
        assert getattr(after, name) == (known if known != plain else getattr(one, name))


@each_quirk
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"model": "m", "messages": [{"role": "user", "content": "hi"}]},
        {"messages": None, "tools": 7, "n": "x", "thinking": True, "response_format": []},
        {"messages": [None, 1, {"role": "assistant", "content": None}], "stop": None, "n": 2},
    ],
)
def test_mending_takes_any_body_and_leaves_it_as_it_was(
    quirk: Quirk, model: str, body: JsonObject
) -> None:
    before = repr(body)
    mended = quirk.mend_request(body, model, Receipt())
    assert repr(body) == before
    assert quirk.mend_request(mended, model, Receipt()) == mended


def test_facts_know_a_provider_and_its_families() -> None:
    facts = Facts(
        name="acme",
        given=lambda traits: replace(traits, official=True),
        refuses=frozenset({"a"}),
        families=(
            Family(
                models="one|two",
                given=lambda traits: replace(traits, sampling=False),
                refuses=frozenset({"b"}),
            ),
            Family(models="o", given=lambda traits: replace(traits, prefill=False)),
        ),
    )
    assert facts.traits("acme/ONE-mini", Traits()) == Traits(official=True, sampling=False)
    assert facts.traits("other", Traits()) == Traits(official=True, prefill=False)
    assert facts.traits("big-one", Traits()) == Traits(official=True)

    receipt = Receipt()
    body: JsonObject = {"a": 1, "b": 2, "c": 3}
    assert facts.mend_request(body, "two", receipt) == {"c": 3}
    assert facts.mend_request(body, "big", Receipt()) == {"b": 2, "c": 3}
    assert [str(n) for n in receipt.notes] == [
        "dropped a (acme refuses it)",
        "dropped b (acme refuses it)",
    ]
    assert facts.mend_request({"c": 3}, "two", Receipt()) == {"c": 3}


def test_facts_without_any_change_nothing() -> None:
    body: JsonObject = {"a": 1}
    assert Facts(name="acme").traits("m", Traits()) == Traits()
    assert Facts(name="acme").mend_request(body, "m", Receipt()) is body


@pytest.mark.parametrize(
    ("model", "name"),
    [("GPT-5", "gpt-5"), ("accounts/x/models/Y", "y"), ("models/gemini-3", "gemini-3"), ("", "")],
)
def test_a_models_own_name_has_no_prefix(model: str, name: str) -> None:
    assert bare(model) == name


# Here the words are configuration's: other names of dialects, the source of a price.
WORDS_OF_CONFIGURATION = {
    ("addons/convert.py", "openai"),
    ("addons/convert.py", "anthropic"),
    ("addons/convert.py", "google"),
    ("addons/identify.py", "openai"),
    ("addons/metering/pricing.py", "openrouter"),
}


def literals(tree: ast.Module) -> list[tuple[int, str]]:
    """The strings of a module that are not docstrings."""
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
    ]


def test_no_vendors_name_or_host_stands_outside_its_own_file() -> None:
    hosts = {host for quirk in QUIRKS.values() for host in quirk.hosts}
    found = [
        f"{path}:{line} {text!r}"
        for path in python_files("transforms", "addons")
        # A dialect's package is its owner's file.
        if path.parts[:2] not in (("transforms", "quirks"), ("transforms", "dialects"))
        for line, text in literals(ast.parse((ROOT / path).read_text()))
        if (text in QUIRKS or any(host in text for host in hosts))
        and (path.as_posix(), text) not in WORDS_OF_CONFIGURATION
    ]
    assert not found, "\n" + "\n".join(found)


def test_a_quirks_file_names_no_other_provider() -> None:
    found = [
        f"{path}:{line} {text!r}"
        for path in python_files("transforms/quirks")
        for line, text in literals(ast.parse((ROOT / path).read_text()))
        if text in QUIRKS and text != path.stem
    ]
    assert not found, "\n" + "\n".join(found)


def test_the_search_for_names_sees_strings_and_no_docstrings() -> None:
    tree = ast.parse('"""groq"""\ndef f():\n    "groq"\n    return "groq"')
    assert literals(tree) == [(4, "groq")]
