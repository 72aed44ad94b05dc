"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from plexus.certs import files
from plexus.transforms.errors import GatewayError, Kind


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("write", [files.publish, files.replace])
def test_a_file_gets_its_content_and_mode_in_a_private_folder(tmp_path, write):
    path = tmp_path / "new" / "file.pem"

    write(path, b"content", mode=0o640)

    assert (path.read_bytes(), mode(path)) == (b"content", 0o640)
    assert mode(path.parent) == 0o700
    assert os.listdir(path.parent) == ["file.pem"]


def test_publishing_never_overwrites(tmp_path):
    path = tmp_path / "file.pem"
    files.publish(path, b"first", mode=0o600)

    files.publish(path, b"second", mode=0o600)

    assert path.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["file.pem"]


def test_replacing_does(tmp_path):
    path = tmp_path / "file.pem"
    path.write_bytes(b"first")

    files.replace(path, b"second", mode=0o644)

    assert path.read_bytes() == b"second"
    assert os.listdir(tmp_path) == ["file.pem"]


@pytest.mark.parametrize(("there", "expected"), [(None, b"ours"), (b"theirs", b"theirs")])
def test_publishing_works_without_hard_links(tmp_path, monkeypatch, there, expected):
    path = tmp_path / "file.pem"

    def no_links(source: object, target: object) -> None:
        if there is not None:
            path.write_bytes(there)  # another process was faster
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)

    files.publish(path, b"ours", mode=0o600)

    assert path.read_bytes() == expected
    assert os.listdir(tmp_path) == ["file.pem"]


@pytest.mark.parametrize("write", [files.publish, files.replace])
def test_a_folder_that_cannot_be_made_is_named(tmp_path, write):
    (tmp_path / "folder").write_bytes(b"")  # a file where a folder is needed
    path = tmp_path / "folder" / "file.pem"

    with pytest.raises(GatewayError, match="cannot write") as caught:
        write(path, b"content", mode=0o600)

    assert (caught.value.kind, caught.value.where) == (Kind.INTERNAL, str(path))
    assert str(path.parent) in caught.value.message


def test_a_name_that_cannot_be_taken_leaves_nothing_behind(tmp_path):
    path = tmp_path / "file.pem"
    path.mkdir()

    with pytest.raises(GatewayError, match=r"cannot write .*file\.pem"):
        files.replace(path, b"content", mode=0o600)

    assert os.listdir(tmp_path) == ["file.pem"]


def test_a_file_is_read(tmp_path):
    (tmp_path / "file.pem").write_bytes(b"content")

    assert files.read(tmp_path / "file.pem") == b"content"


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(GatewayError, match="No such file") as caught:
        files.read(tmp_path / "absent.pem")

    assert caught.value.where == str(tmp_path / "absent.pem")
