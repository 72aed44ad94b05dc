"""The `plexus` command."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Final

from plexus.addons.ledger_commands import add_ledger_commands
from plexus.addons.store_commands import add_store_commands

type Command = Callable[[argparse.Namespace], int]

# Importing leaves hardly any cycles behind, and calls to the base URL none, so the collector has
# little to find: with the default, 2,000, a few dozen calls under way set it off again and again.
# Intercepted calls do leave some, and their bodies wait with them: it must not sleep too long.
_YOUNG: Final = 10_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sub-command and return its exit status; without one, serve."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    # `plexus run -- CMD` keeps CMD's own options out of our parser.
    own, child = _split(given)
    options = parser.parse_args(own)
    options.child = child
    command: Command = options.command
    try:
        return command(options)
    except KeyboardInterrupt:
        return 130


def _split(given: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in given:
        return given, []
    at = given.index("--")
    return given[:at], given[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="plexus", description="A universal LLM gateway and intercepting proxy."
    )
    parser.add_argument("--version", action="version", version=f"plexus {plexus_version()}")
    _gateway_options(parser)
    parser.set_defaults(command=_serve, workers=1)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    serve = commands.add_parser("serve", help="run the gateway (the default)")
    _gateway_options(serve)
    serve.add_argument("--workers", type=_count, default=1, help="processes on the one port (1)")
    serve.set_defaults(command=_serve)
    web = commands.add_parser("web", help="run the gateway with mitmweb: every call visible, live")
    _gateway_options(web)
    web.add_argument("--web-port", type=int, default=8081, help="port of the web page (8081)")
    web.add_argument("--no-browser", action="store_true", help="do not open a browser")
    web.set_defaults(command=_web)
    run = commands.add_parser("run", help="run a command whose LLM calls go through Plexus")
    run.add_argument("--config", help="configuration of the gateway started for it, if none runs")
    run.add_argument("--print-env", action="store_true", help="print the environment, run nothing")
    run.set_defaults(command=_run, usage_hint=run)
    check = commands.add_parser("check", help="check a configuration without starting")
    check.add_argument("--config", help="the file (default: $CONFIG_FILE, config/plexus.yaml)")
    check.set_defaults(command=_check)
    add_ledger_commands(commands.add_parser)
    cooldowns = commands.add_parser("cooldowns", help="show which targets rest, or end their rest")
    cooldowns.add_argument("action", nargs="?", choices=["list", "clear"], default="list")
    cooldowns.add_argument("--provider", help="only of this provider")
    cooldowns.add_argument("--model", help="only of this model, as the provider calls it")
    cooldowns.add_argument("--json", action="store_true", help="list: one JSON object per line")
    cooldowns.set_defaults(command=_cooldowns)
    explain = commands.add_parser("explain", help="show where a call would go, and why")
    explain.add_argument("model", metavar="MODEL", help="as a client names it")
    explain.add_argument("--key", metavar="NAME", help="the name of the client's key")
    explain.add_argument("--api", default="chat", help="the client's format, e.g. messages (chat)")
    explain.add_argument("--config", help="the file (default: $CONFIG_FILE, config/plexus.yaml)")
    explain.add_argument("--json", action="store_true", help="one JSON object")
    explain.set_defaults(command=_explain)
    _quota_options(commands.add_parser("quota", help="show or reset what is used of quotas"))
    add_store_commands(commands.add_parser)
    convert = commands.add_parser("convert", help="translate a request, response or stream")
    convert.add_argument("--from", dest="source", required=True, help="e.g. anthropic")
    convert.add_argument("--to", dest="target", required=True, help="e.g. gemini")
    what = convert.add_mutually_exclusive_group()
    what.add_argument("--response", action="store_true", help="FILE is a whole response")
    what.add_argument("--stream", action="store_true", help="FILE is a recorded stream")
    convert.add_argument("--model", help="the model, where FILE does not name it (Gemini)")
    convert.add_argument("file", metavar="FILE", help="what to translate; - for stdin")
    convert.set_defaults(command=_convert)
    return parser


def _gateway_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("gateway")
    group.add_argument("--config", help="the file (default: $CONFIG_FILE, config/plexus.yaml)")
    group.add_argument("--host", help="address to listen on (default: $HOST, 127.0.0.1)")
    group.add_argument("--port", type=int, help="port to listen on (default: $PORT, 4000)")
    group.add_argument(
        "-s", "--script", action="append", default=[], help="a mitmproxy addon script; repeatable"
    )
    group.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="OPTION",
        help="a mitmproxy option, name=value",
    )


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError(text)
    return count


def _quota_options(quota: argparse.ArgumentParser) -> None:
    quota.add_argument("action", nargs="?", choices=["list", "reset", "recompute"], default="list")
    quota.add_argument("key", nargs="?", metavar="KEY", help="only of this key")
    quota.add_argument("quota", nargs="?", metavar="QUOTA", help="only this quota")
    quota.add_argument("--config", help="the file (default: $CONFIG_FILE, config/plexus.yaml)")
    quota.add_argument("--json", action="store_true", help="list: one JSON object per line")
    quota.set_defaults(command=_quota)


def plexus_version() -> str:
    """The installed version."""
    return version("plexus-gateway")


# Commands import what they need, so that `plexus --help` and `plexus run` stay quick.


def _serve(options: argparse.Namespace) -> int:
    from plexus.addons.heap import keep_freed_memory
    from plexus.addons.light_modules import lighten

    gc.set_threshold(_YOUNG)
    keep_freed_memory()
    lighten()  # before anything imports from them
    from plexus.addons.serve import serve

    return serve(options, os.environ)


def _web(options: argparse.Namespace) -> int:
    from plexus.addons.web import web

    return web(options, os.environ)


def _run(options: argparse.Namespace) -> int:
    from plexus.addons.run_child import run_child

    if not options.child and not options.print_env:
        options.usage_hint.error("say what to run: plexus run -- COMMAND [ARGUMENT …]")
    return run_child(options, os.environ)


def _check(options: argparse.Namespace) -> int:
    from plexus.addons.check import check

    return check(options, os.environ)


def _cooldowns(options: argparse.Namespace) -> int:
    from plexus.addons.cooldowns_cli import cooldowns

    return cooldowns(options, os.environ)


def _explain(options: argparse.Namespace) -> int:
    from plexus.addons.explain import explain

    return explain(options, os.environ)


def _quota(options: argparse.Namespace) -> int:
    from plexus.addons.quota_cli import quota

    return quota(options, os.environ)


def _convert(options: argparse.Namespace) -> int:
    from plexus.addons.convert import convert

    return convert(options)


if __name__ == "__main__":
    sys.exit(main())
