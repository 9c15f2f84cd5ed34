"""Files that are written whole or not at all, whatever stands at their place."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mxbench.files import write_whole

FULL = """
import resource, sys
from pathlib import Path
from mxbench.files import write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_whole(Path(sys.argv[1]), bytes(1_000_000))
except OSError as error:
    print(error.strerror)
"""


@pytest.fixture(autouse=True)
def nothing_is_left_beside(tmp_path: Path) -> None:
    yield  # type: ignore[misc]
    assert not [file for file in tmp_path.rglob("*") if file.name.startswith(".")]


def test_bytes_and_text_are_written_as_they_are(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"\x00\r\n\xff")
    assert (tmp_path / "a").read_bytes() == b"\x00\r\n\xff"
    write_whole(tmp_path / "a", "Größe\n")
    assert (tmp_path / "a").read_bytes() == "Größe\n".encode()


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path: Path) -> None:
    longest = tmp_path / ("x" * os.pathconf(tmp_path, "PC_NAME_MAX"))
    write_whole(longest, "whole")
    assert longest.read_text() == "whole"


@pytest.mark.parametrize("mask", [0o022, 0o077], ids=oct)
def test_a_new_file_gets_the_mode_that_any_other_gets(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write_whole(tmp_path / "mine", "")
        (tmp_path / "other").touch()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o666], ids=oct)
def test_a_file_that_is_there_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    (tmp_path / "kept").write_text("old")
    (tmp_path / "kept").chmod(mode)
    write_whole(tmp_path / "kept", "new")
    assert (tmp_path / "kept").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == mode


def test_whoever_reads_the_old_file_still_reads_all_of_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old and whole")
    with (tmp_path / "file").open() as reader:
        write_whole(tmp_path / "file", "new")
        assert reader.read() == "old and whole"


@pytest.mark.parametrize("there", [True, False], ids=["to-a-file", "to-nothing-yet"])
def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path, there: bool) -> None:
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "target", tmp_path / "link"
    if there:
        target.write_text("old")
    link.symlink_to("far/target")
    write_whole(link, "new")
    assert link.is_symlink()
    assert (target.is_symlink(), target.read_text()) == (False, "new")


@pytest.mark.parametrize("linked", [False, True], ids=["itself", "through-a-link"])
def test_a_pipe_is_written_into_and_stays(tmp_path: Path, linked: bool) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(link if linked else pipe, "through the pipe")
        assert os.read(reader, 1000) == b"through the pipe"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_standard_output_is_written_into_where_it_is_a_pipe() -> None:
    code = "from pathlib import Path; from mxbench.files import write_whole; write_whole(Path('/dev/stdout'), 'said')"
    done = subprocess.run([sys.executable, "-c", code], check=True, timeout=60, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("said", "")


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("mode", ["w", "a"])
def test_standard_output_keeps_what_it_holds_where_it_is_a_file(path: str, mode: str, tmp_path: Path) -> None:
    file = tmp_path / "all"
    file.write_text("earlier ")
    code = "from pathlib import Path; from mxbench.files import write_whole as write; print('before', end=' '); "
    code += f"write(Path({path!r}), 'said '); print('after')"
    with file.open(mode) as stream:
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60, stdout=stream)
    assert file.read_text() == ("earlier " if mode == "a" else "") + "before said after\n"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_and_a_place_in_no_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "folder", "")
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "none" / "file", "")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        write_whole(tmp_path / "file" / "below", "")


@pytest.mark.parametrize("there", [True, False], ids=["there-is-one", "there-is-none"])
def test_a_write_that_fails_half_way_leaves_what_was_there(tmp_path: Path, there: bool) -> None:
    file = tmp_path / "file"
    if there:
        file.write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(file)], check=True, timeout=60, capture_output=True, text=True
    )
    assert done.stdout == "File too large\n"
    assert {found.name: found.read_text() for found in tmp_path.iterdir()} == ({"file": "old"} if there else {})


def test_an_interrupt_leaves_nothing_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "file", "new")
    assert list(tmp_path.iterdir()) == []
