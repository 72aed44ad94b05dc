"""Modules whose code waits until somebody asks for more than was declared."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

from plexus.addons.light_modules import LIGHT, Light, lighten

# What the light modules keep out of a gateway; nothing of ours may bring it back unasked.
HEAVY = (
    "aiohttp.connector", "alembic", "asyncpg", "bcrypt._bcrypt", "flask",
    "html.entities", "http.client", "jinja2", "ldap3", "mitmproxy.addons.onboarding",
    "mitmproxy.contentviews", "mitmproxy.flowfilter", "mitmproxy.tools",
    "mitmproxy_rs.mitmproxy_rs", "pyparsing.core", "service_identity.hazmat",
    "sqlalchemy.dialects.postgresql", "sqlalchemy.orm", "tornado", "werkzeug",
)  # fmt: skip
AS_SERVE_DOES = """
import sys
from plexus.addons.light_modules import lighten
lighten()
import plexus.addons.serve
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a package `parcel` that says when its code runs; it is forgotten afterwards."""
    folder = tmp_path / "parcel"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "import sys\n"
        "sys.parcels = getattr(sys, 'parcels', 0) + 1\n"
        "from parcel import part\n"
        "from parcel.part import weigh\n"
        "def post(to, *, at=0): return f'to {to} at {at}'\n"
        "class Box: pass\n"
        "lid = sys.modules['parcel.lid'] = type(sys)('parcel.lid')\n"
        "lid.Hinge = type('Hinge', (), {})\n"
        "lid.hinge = lid.Hinge()\n"
    )
    (folder / "part.py").write_text("def weigh(): return 7\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "parcels", 0, raising=False)
    yield "parcel"
    for name in ("parcel", "parcel.lid", "parcel.part"):
        sys.modules.pop(name, None)


def runs() -> int:
    count: int = vars(sys)["parcels"]
    return count


def light(name: str, how: Light) -> ModuleType:
    lighten({name: how})
    return importlib.import_module(name)


def test_submodules_come_without_the_code_of_their_package(package: str) -> None:
    found = light(package, Light(submodules=True))
    assert (found.part, runs()) == (importlib.import_module("parcel.part"), 0)


def test_a_declared_name_comes_from_its_submodule(package: str) -> None:
    found = light(package, Light(homes={"weigh": "part"}))
    assert (found.weigh(), runs()) == (7, 0)


def test_the_version_is_that_of_the_installed_package() -> None:
    script = f"{AS_SERVE_DOES}print(sys.modules['aiohttp'].__version__)"
    assert output(script).strip() == version("aiohttp")


def test_a_version_that_is_not_declared_is_the_codes_own(package: str) -> None:
    found = light(package, Light())
    assert not hasattr(found, "__version__")
    assert runs() == 1


def test_any_other_name_runs_the_code_once(package: str) -> None:
    found = light(package, Light(submodules=True))
    assert (found.post("Ada"), found.post("Bo"), runs()) == ("to Ada at 0", "to Bo at 0", 1)


def test_a_name_that_nobody_defines_is_missed_as_in_any_module(package: str) -> None:
    found = light(package, Light())
    with pytest.raises(AttributeError, match="module 'parcel' has no attribute 'lost'"):
        _ = found.lost
    assert runs() == 1


def test_a_function_may_be_had_before_the_code_runs_and_runs_it_when_called(package: str) -> None:
    post = light(package, Light(functions=frozenset({"post"}))).post
    assert runs() == 0
    assert (post("Ada", at=3), runs()) == ("to Ada at 3", 1)


def test_a_type_may_be_named_before_the_code_runs_and_is_then_the_codes_own(package: str) -> None:
    found = light(package, Light(types=frozenset({"Box"})))
    before = found.Box
    assert (f"{int | before}", isinstance(7, before), runs()) == ("int | parcel.Box", False, 0)
    assert found.weigh() == 7
    assert type(found.Box()) is found.Box is not before


def test_a_submodule_that_only_the_code_makes_can_be_imported_and_runs_nothing(
    package: str,
) -> None:
    found = light(package, Light(parts={"lid": Light(types=frozenset({"Hinge"}))}))
    assert importlib.import_module("parcel.lid") is found.lid
    assert (isinstance(7, found.lid.Hinge), runs()) == (False, 0)


def test_a_name_of_such_a_submodule_runs_the_code_whose_own_it_then_is(package: str) -> None:
    found = light(package, Light(parts={"lid": Light(types=frozenset({"Hinge"}))}))
    early = found.lid
    assert early.hinge is found.lid.hinge and runs() == 1
    assert isinstance(found.lid.hinge, found.lid.Hinge)
    with pytest.raises(AttributeError, match=r"module 'parcel\.lid' has no attribute 'lock'"):
        _ = early.lock


def test_what_importlib_and_inspect_ask_of_every_module_runs_nothing(package: str) -> None:
    found = light(package, Light())
    assert found.__name__ == package and found.__file__ is not None and found.__path__
    assert not hasattr(found, "__wrapped__") and not hasattr(found, "__warningregistry__")
    assert runs() == 0


def test_a_star_takes_what_the_code_defines(package: str) -> None:
    light(package, Light(submodules=True))
    taken: dict[str, object] = {}
    exec(f"from {package} import *", taken)
    assert {"post", "weigh"} <= taken.keys()


def test_a_module_that_is_there_already_stays_as_it_is(package: str) -> None:
    before = importlib.import_module(package)
    assert light(package, Light()) is before and runs() == 1


def test_the_gateway_imports_nothing_heavy_that_it_does_not_use() -> None:
    script = f"{AS_SERVE_DOES}print(*[n for n in {HEAVY!r} if n in sys.modules])"
    assert output(script).split() == []


def test_every_declared_name_is_the_one_that_the_code_defines() -> None:
    script = f"""{AS_SERVE_DOES}
from plexus.addons.light_modules import LIGHT
for name, light in LIGHT.items():
    module = sys.modules[name]
    early = {{one: getattr(module, one) for one in light.homes}}
    stand_ins = {{one: getattr(module, one) for one in light.types}}
    getattr(module, "nothing of that name", None)
    assert all(vars(module)[one] is found for one, found in early.items()), name
    assert all(callable(vars(module)[one]) for one in light.functions), name
    assert all(isinstance(vars(module)[one], type) for one in light.types), name
    assert all(vars(module)[one] is not stand_in for one, stand_in in stand_ins.items()), name
    for part, how in light.parts.items():
        made = sys.modules[f"{{name}}.{{part}}"]
        assert made is vars(module)[part] and not hasattr(made, "__getattr__"), part
        assert all(isinstance(vars(made)[one], type) for one in how.types), part
    for one in [*sys.modules] if light.submodules else []:
        parent, _, child = one.rpartition(".")
        assert parent != name or vars(module)[child] is sys.modules[one], one
    print(name)
"""
    assert output(script).split() == list(LIGHT)


def output(script: str) -> str:
    """What a fresh interpreter prints."""
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    ).stdout
