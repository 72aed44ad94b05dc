"""Write docs/dialects.md: what we say ourselves, and the tables that the codecs give."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.loss_table.table import NAMES, WORDS, Cell, answer_cells, request_cells

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "dialects.md"

INTRODUCTION = """\
# Dialects: what survives translation

<!-- Generated: `python -m tests.loss_table` writes this page; a test fails if it is old. -->

Plexus speaks four wire formats, to clients and to providers alike: `chat` (OpenAI Chat Completions
and whatever is compatible with it), `responses` (OpenAI Responses), `messages` (Anthropic) and
`gemini` (Google). A client of one format may call a provider of any other.

## How a call is translated

If client and provider speak the same format, nothing is translated: the body passes through, with
no more changed than the model's name. Otherwise the client's request is decoded into the
intermediate representation (`transforms/ir.py`) and encoded into the provider's format; the answer
takes the same way back, whole or as a stream of events (`transforms/events.py`).

What only one format can express rides along in `ext[dialect]`, and whole blocks that only one
understands are `Opaque`. Both are written back to a provider of that same format, and to no other.

## Receipts

Whatever an encoder cannot say as it was said, it notes in a receipt, one line each:

* **dropped**: the target has no place for it;
* **coerced**: the target says something near it;
* **invented**: the target insists on a value that the source did not give.

Nothing is lost in silence: `python -m tests.conformance` sends every recording through every format
and back, and fails on any difference that no line of the receipt owns up to.

An alias marked `lossless: true` is routed only where nothing is dropped: if the receipt for a
provider has a *dropped* line, that provider is not called, and the client gets an error that lists
the lines. Coerced and invented values do not count as losses, nor do fields that say how a call is
kept, cached, billed or reported (`store`, `include`, `metadata`, `user`, cache marks): nothing of
the conversation is lost with them.

## Sealed reasoning

Providers hand out their reasoning with a seal (a signature, an encrypted item) and want it back
unchanged on the next turn; nobody else can read it. A seal goes back only to the format that it
came from. On the way to the client it stays on the wire where the client's format can carry it: as
a `signature`, `encrypted_content`, `thoughtSignature`, or in the fields that OpenAI-compatible
clients send back (`reasoning_details`, `extra_content`). Where the client's format cannot,
`addons/upstream/seal_keeper.py` keeps it for the conversation's next turn, for that client and that
provider alone, and puts it back into the history. Without its seal, reasoning is not sent to a
provider that would refuse it; without its text, nothing else of the turn is touched.

## The tables

Rows are features, columns are where the call goes. The tables are found out by probing the codecs
with one feature at a time, for official providers with their standard traits; quirks and newer
models may carry more or less. "Dropped" counts whatever is lost beside the feature, too: a field of
the source alone that it needs (`include` of Responses), a name that a file had.

| sign | meaning |
|---|---|
| ✓ | carried |
| ~ | coerced |
| + | something was invented beside it |
| ✗ | dropped, wholly or in part |
| · | the source format cannot say it |
"""


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for title, verb, cells in (
        ("Requests", "from clients of", [*request_cells()]),
        ("Answers", "from providers of", [*answer_cells()]),
    ):
        for source in NAMES:
            mine = [cell for cell in cells if cell.source == source]
            parts += [f"## {title} {verb} `{source}`\n", _table(mine), _details(mine)]
    return "\n".join(parts).rstrip() + "\n"


def _table(cells: Sequence[Cell]) -> str:
    lines = [
        "| feature | " + " | ".join(f"`{name}`" for name in NAMES) + " |",
        "|---|" + ":-:|" * len(NAMES),
    ]
    for feature in dict.fromkeys(cell.feature for cell in cells):
        row = {cell.target: cell for cell in cells if cell.feature == feature}
        signs = [WORDS[row[name].outcome] for name in NAMES]
        lines.append(f"| {feature} | " + " | ".join(signs) + " |")
    return "\n".join(lines) + "\n"


def _details(cells: Sequence[Cell]) -> str:
    lines = [
        f"* {cell.feature} → `{cell.target}`: " + "; ".join(cell.notes)
        for cell in cells
        if cell.notes
    ]
    if not lines:
        return ""
    summary = "<summary>The receipts</summary>"
    return "\n".join(["<details>", summary, "", *lines, "", "</details>", ""])
