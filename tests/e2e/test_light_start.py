"""`plexus serve` loads little, and users' scripts may still use all of mitmproxy."""

from pathlib import Path

from tests.addons.test_light_modules import HEAVY
from tests.e2e.processes import served

SCRIPT = f"""
import sys


def running():
    print("heavy:", *[name for name in {HEAVY!r} if name in sys.modules], flush=True)
    import mitmproxy.addons.export
    import mitmproxy_rs.syntax_highlight
    from mitmproxy import addons, contentviews, ctx, flowfilter
    from mitmproxy.addons import dumper, view

    assert mitmproxy_rs.syntax_highlight.languages()
    assert flowfilter.parse("~m POST") is not None
    assert ctx.master.commands.execute('set block_private "false"') is None
    print("addons:", len(addons.default_addons()), addons.export, dumper.Dumper, flush=True)
"""
CONFIG = "providers: {x: {api_base_url: 'http://localhost:1/v1', api_key: k}}\n"


async def test_a_gateway_loads_nothing_heavy_and_scripts_may_load_it_all(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    async with served(tmp_path, CONFIG, "-s", str(script)) as gateway:
        assert await gateway.says("heavy:") == "heavy:"
        assert "mitmproxy.addons.export" in await gateway.says("addons:")
