"""The pictures of the README show what the text beside them tells; tests/browser/pictures.py makes them."""

import re
import struct
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_picture_of_a_counterexample_is_that_of_the_text_at_its_last_step() -> None:
    above = README.partition("(docs/pictures/counterexample.png)")[0]
    [command] = re.findall(r"<!-- output: (mxbench check tests/broken/\S+.*?) -->", above)
    steps = re.findall(r"^(\d+)\. (.+)$", above.partition(command)[2], re.MULTILINE)
    picture = (ROOT / "docs" / "pictures" / "counterexample.png").read_bytes()
    place = picture.find(b"tEXtDescription\0")
    assert place > 0, "make it with 'python tests/browser/pictures.py'"
    (length,) = struct.unpack_from(">I", picture, place - 4)
    drawn, said = picture[place + 4 : place + 4 + length].decode("latin-1").partition("\0")[2].split("\n")
    number, last = steps[-1]
    assert drawn == command
    assert said == f"step {number} of {len(steps)}: {last}"
