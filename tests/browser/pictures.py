"""Makes docs/pictures/counterexample.png of what the README shows: `python tests/browser/pictures.py`.

The picture holds what it shows as text too (PNG, tEXt), for a test to compare with the README.
"""

import shutil
import struct
import sys
import tempfile
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import chromium
from typer.testing import CliRunner

import mxbench
from mxbench.cli import app

ROOT = Path(__file__).parent.parent.parent
PICTURE = ROOT / "docs" / "pictures" / "counterexample.png"
COMMAND = ("check", "tests/broken/replies_while_inside.py", "--nodes", "2")
WIDTH, HEIGHT = 1100, 750
SIGNATURE_BYTES = 8


def counterexample(file: Path) -> None:
    """Draw the counterexample as its page opens."""
    program = chromium.find()
    assert program, f"no Chromium is installed ({', '.join(chromium.NAMES)})"
    with tempfile.TemporaryDirectory() as name, chromium.browser(program) as page:
        scenario, shot = Path(name) / "scenario.yaml", Path(name) / "shot.png"
        [command, algorithm, *flags] = COMMAND
        CliRunner().invoke(app, [command, str(ROOT / algorithm), *flags, "--save", str(scenario)])
        page.open(mxbench.report(scenario), WIDTH, HEIGHT)
        said = page.run("document.querySelector('.said').textContent")
        page.picture(shot)
        shot.write_bytes(with_text(shot.read_bytes(), f"mxbench {' '.join(COMMAND)}\n{said}"))
        shutil.copyfile(shot, file)


def with_text(png: bytes, text: str) -> bytes:
    """Return a picture with a description, after its header."""
    chunk = b"tEXt" + b"Description\0" + text.encode("latin-1")
    (length,) = struct.unpack_from(">I", png, SIGNATURE_BYTES)
    end = SIGNATURE_BYTES + length + 12
    return png[:end] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + png[end:]


if __name__ == "__main__":
    counterexample(PICTURE)
