"""The plug-ins are found once."""

from plexus.transforms import plugins


def test_plug_ins_are_found_once_under_their_names() -> None:
    for find in (plugins.quirks, plugins.adapters, plugins.counters):
        found = find()
        assert found is find()
        assert found and all(plugin.name == name for name, plugin in found.items())
