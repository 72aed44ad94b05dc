"""`python -m tests.loss_table` writes docs/dialects.md anew."""

from __future__ import annotations

import sys

from tests.loss_table.page import PAGE, page


def main() -> int:
    """Write the page and return the exit status."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
