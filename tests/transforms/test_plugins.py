"""The plug-ins are found once."""

from plexus.transforms import plugins


def test_quirks_and_adapters_are_found_once_under_their_names() -> None:
    assert plugins.quirks() is plugins.quirks()
    assert plugins.adapters() is plugins.adapters()
    for found in (plugins.quirks(), plugins.adapters()):
        assert found and all(plugin.name == name for name, plugin in found.items())
