"""Put a call's arguments together from fragments, of which some repeat what was there before."""

from __future__ import annotations

from plexus.transforms.wire import try_parse


class Arguments:
    """Says what each fragment adds.

    Some providers send, instead of a fragment, all of the arguments so far. A fragment that is a
    whole object and begins with what is there already may be that, or be an object within another;
    it is held back until the next word about the call decides (dataplane.md §5.6). Keeps the
    arguments, because the comparison needs them.
    """

    __slots__ = ("_held", "_length", "_pieces")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._held = ""

    def add(self, fragment: str) -> str:
        """Take a fragment, return what is certain to be new."""
        if self._repeats(fragment):
            self._held = fragment
            return ""
        if self._held and fragment:
            fragment, self._held = self._held + fragment, ""
        return self._take(fragment)

    def finish(self, whole: str | None) -> str:
        """Take all of the arguments, if they were restated, and return what was missing."""
        held, self._held = self._held, ""
        known = "".join(self._pieces)
        if whole is None:
            # Nobody said which: two objects in a row are one object said twice.
            whole = known + held
            if held and not isinstance(try_parse(whole), dict):
                whole = held
        return self._take(_tail(whole, known))

    def _take(self, fragment: str) -> str:
        self._pieces.append(fragment)
        self._length += len(fragment)
        return fragment

    def _repeats(self, fragment: str) -> bool:
        start = fragment.lstrip()
        # The length tells nearly every fragment apart, and costs nothing.
        if not start.startswith("{") or not self._length or len(fragment) < self._length:
            return False
        known = "".join(self._pieces).strip()
        return bool(known) and start.startswith(known) and isinstance(try_parse(fragment), dict)


def _tail(whole: str, known: str) -> str:
    if whole.startswith(known):
        return whole[len(known) :]
    # The beginning may differ in white space alone.
    start, so_far = whole.lstrip(), known.strip()
    return start[len(so_far) :] if start.startswith(so_far) else ""
