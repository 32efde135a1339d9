"""Reading files: what cannot be read says which file and why."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from graphnet.errors import DocumentError
from graphnet.files import read


def message(path) -> str:
    with pytest.raises(DocumentError) as caught:
        read(path)
    return str(caught.value)


def test_a_file_is_named_as_the_caller_named_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_bytes("\ufeffname: é\n".encode())
    source = read("net.yaml")
    assert (source.data, source.place(("name",))) == ({"name": "é"}, ("net.yaml", 1))
    (tmp_path / "bad.yml").write_text("a: 1\na: 2\n")
    said = "bad.yml:2:1: the key 'a' stands twice, on lines 1 and 2; keep one of them"
    assert message("bad.yml") == f"{said}\n  2 | a: 2\n    | ^"


def test_files_that_are_none_say_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "empty.json").touch()
    assert message("none.yaml") == "none.yaml: there is no such file"
    assert message("folder.yaml") == "folder.yaml: this is a folder, not a document"
    assert message("empty.json").startswith("empty.json:1:1: the document is empty")
    assert "the suffix '.toml' names no document format; documents end in .yaml, .yml or .json" in message("net.toml")
    assert "a name without suffix" in message("net")


@pytest.mark.skipif(os.name != "posix", reason="pipes have names on POSIX")
def test_what_is_no_regular_file_or_too_large_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    for name in ("pipe.yaml", "zero.yaml"):
        assert message(name) == f"{name}: this is no regular file, but a pipe or a device"
    with Path("huge.json").open("wb") as file:
        file.truncate(10**12)
    assert message("huge.json").startswith("huge.json: a document has at most 16,777,216 bytes, this file has more")
    assert "cannot be read: embedded null" in message("a\0b.yaml")


def test_text_that_is_not_utf_8_is_refused_with_its_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"a: 1\nname: caf\xe9\n")
    assert message("latin.yaml") == "latin.yaml:2:10: not UTF-8 text: byte 0xe9 on this line; save the file as UTF-8"
    (tmp_path / "wide.json").write_bytes('{"a": 1}'.encode("utf-16"))
    assert message("wide.json").startswith("wide.json:1:1: not UTF-8 text: byte 0xff")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_says_so(tmp_path):
    path = tmp_path / "secret.yaml"
    path.write_text("a: 1\n")
    path.chmod(0)
    assert "cannot be read: Permission denied" in message(path)


def test_the_parser_of_yaml_is_imported_only_when_a_document_is_read():
    script = (
        "import sys, graphnet.files as files\n"
        "before = 'yaml' in sys.modules\n"
        "files.parse('a: 1')\n"
        "sys.exit(not (not before and 'yaml' in sys.modules))\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, cwd=Path(__file__).parents[2]).returncode == 0
