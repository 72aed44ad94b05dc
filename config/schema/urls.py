"""Read `api_base_url`: one URL, or one per dialect."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BeforeValidator

from plexus.config.dialects import DIALECTS, accepted_names, canonical, is_oauth, url_problem
from plexus.config.problems import At, did_you_mean
from plexus.config.schema.section import refusal, refusals
from plexus.config.schema.values import kind_of_value

_REMEDY: Final = 'write e.g. "https://api.example.com/v1", or one URL per dialect'
_EXTRA_KEYS: Final = ("oauth", "default")


def read_urls(value: object) -> str | dict[str, str]:
    """Return the URL, or the URLs by canonical dialect with empty ones left out.

    The keys `oauth` and `default` stay as they are: the one is a login, the other a stand-in for
    dialects that are not named.
    """
    if isinstance(value, str):
        return _read_url(value)
    if isinstance(value, dict):
        return _read_map({str(key): item for key, item in value.items()})
    raise refusal(f"must be a URL or a mapping, not {kind_of_value(value)}", _REMEDY)


def all_urls(urls: str | dict[str, str]) -> tuple[str, ...]:
    """Return the URLs of either form."""
    return (urls,) if isinstance(urls, str) else tuple(urls.values())


def has_oauth(urls: str | dict[str, str]) -> bool:
    """Whether any of the URLs stands for a login."""
    return any(is_oauth(url) for url in all_urls(urls))


def _read_url(value: str) -> str:
    url = value.strip()
    if not url:
        raise refusal("must not be empty", _REMEDY)
    if problem := url_problem(url):
        raise refusal(problem, _REMEDY)
    return url


def _read_map(value: dict[str, object]) -> dict[str, str]:
    urls: dict[str, str] = {}
    wrong: list[tuple[At, str, str]] = []
    for key, item in value.items():
        name = key if key in _EXTRA_KEYS else canonical(key)
        text = "" if item is None else item
        if name is None:
            remedy = did_you_mean(key, (*accepted_names(), *_EXTRA_KEYS))
            wrong.append(((key,), "is no dialect", remedy))
        elif not isinstance(text, str):
            wrong.append(((key,), f"must be a URL, not {kind_of_value(text)}", ""))
        elif name in urls:
            wrong.append(((key,), f"is the same dialect as another key ({name})", "remove one"))
        elif url := text.strip():
            if problem := url_problem(url):
                wrong.append(((key,), problem, ""))
            urls[name] = url
    if wrong:
        raise refusals(wrong)
    if not urls:
        raise refusal("names no URL", f"give one for any of {', '.join(DIALECTS)}")
    return urls


Urls = Annotated[str | dict[str, str], BeforeValidator(read_urls)]
