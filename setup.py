"""Name the packages: each top-level folder is one package of the `plexus` namespace."""

from setuptools import find_packages, setup

FOLDERS = ("addons", "transforms", "store", "config", "certs")

setup(
    packages=[
        f"plexus.{name}"
        for name in find_packages(include=[f"{f}{p}" for f in FOLDERS for p in ("", ".*")])
    ]
)
