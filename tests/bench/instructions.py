"""How many instructions mxbench takes for a message or a transition, which no other user of the machine can change.

    python tests/bench/instructions.py [--update]

Each piece of work of workloads.py runs in both its sizes under valgrind's cachegrind, which counts every instruction;
the difference of the two is free of what the start costs. It must be within 2 % of what instructions.json has for this
kind of machine: its Python, its msgspec, its processor, its C library and the compiler of the pump. Where it has
nothing for that, that is said, and nothing fails. --update writes what was counted into that file: to be committed with
the change that explains it. Exits 1 if a count is too high or too low; 0 without valgrind, with a message.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
BASELINE = HERE / "instructions.json"
TOLERANCE = 0.02
SECONDS_MAX = 900
NO_VALGRIND = "instructions: skipped, there is no valgrind to count them with (Debian: apt-get install valgrind)"


def kind_of_machine() -> str:
    """Return what determines a count beside mxbench itself."""
    from mxbench.net.compiled import COMPILED

    pump = f"pump compiled by {_first_line(['gcc', '-dumpfullversion'])}" if COMPILED else "pump in Python"
    python = f"{platform.python_implementation()} {platform.python_version()} ({' '.join(platform.python_build())})"
    library = " ".join(platform.libc_ver())
    return (
        f"{python}, {platform.python_compiler()}, msgspec {version('msgspec')}, {platform.machine()}, {library}, {pump}"
    )


def _first_line(command: list[str]) -> str:
    try:
        return " ".join([command[0], subprocess.run(command, capture_output=True, text=True).stdout.strip()])
    except OSError:
        return "an unknown compiler"


def counted(larger: str | None) -> int:
    """Return the instructions of a process that does all pieces of work, that one in its larger size."""
    with tempfile.TemporaryDirectory(prefix="mxbench-cachegrind-") as folder:
        command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={folder}/out",
                   sys.executable, "-s", str(Path(__file__).resolve()), "--do", larger or "none"]  # fmt: skip
        surroundings = os.environ | {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            command, capture_output=True, text=True, env=surroundings, timeout=SECONDS_MAX, cwd=HERE
        )  # fmt: skip
    if done.returncode != 0:
        raise SystemExit(f"instructions: {' '.join(command)} failed:\n{done.stderr}")
    for line in done.stderr.splitlines():
        if line.split()[1:3] == ["I", "refs:"]:  # as in "==123== I   refs:      1,234"
            return int(line.split()[-1].replace(",", ""))
    raise SystemExit(f"instructions: valgrind told no count:\n{done.stderr}")


def do(larger: str) -> None:
    """Do all pieces of work, that one in its larger size."""
    sys.path[:0] = [str(HERE), str(HERE.parent)]
    from workloads import WORKS

    for name, work in WORKS.items():
        size = int(name == larger)
        assert work.do(work.sizes[size]) == work.counts[size], f"{name} counts otherwise than workloads.py says"


def measure() -> dict[str, float]:
    """Return the instructions for each unit of each piece of work."""
    sys.path[:0] = [str(HERE), str(HERE.parent)]
    from workloads import WORKS

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        none, *larger = threads.map(counted, [None, *WORKS])
    found = {}
    for (name, work), count in zip(WORKS.items(), larger, strict=True):
        units = work.counts[1][work.per] - work.counts[0][work.per]
        found[name] = round((count - none) / units, 1)
    return found


def compare(found: dict[str, float], before: dict[str, float] | None) -> int:
    """Print what was counted beside the baseline; return how many are outside the tolerance."""
    outside = 0
    for name, count in found.items():
        old = (before or {}).get(name)
        change = "" if old is None else f", {count / old - 1:+.2%} on the baseline of {old:,.0f}"
        bad = old is not None and abs(count / old - 1) > TOLERANCE
        outside += bad
        print(f"instructions: {name}: {count:,.0f} a unit{change}{': OUTSIDE THE TOLERANCE OF 2 %' if bad else ''}")
    return outside


def main() -> int:
    """Count and compare; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--update", action="store_true", help="write what was counted into instructions.json")
    parser.add_argument("--do", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.do:
        do(given.do)
        return 0
    if shutil.which("valgrind") is None:
        print(NO_VALGRIND)
        return 0
    kind, baselines = kind_of_machine(), json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    found = measure()
    outside = compare(found, baselines.get(kind))
    if given.update:
        BASELINE.write_text(json.dumps(baselines | {kind: found}, indent=2, sort_keys=True) + "\n")
        print(f"instructions: written to {BASELINE.name}")
        return 0
    if kind not in baselines:
        print(f"instructions: nothing to compare with for this kind of machine: {kind}")
        print("instructions: python tests/bench/instructions.py --update adds it")
    elif outside:
        print(
            "instructions: where that is right, python tests/bench/instructions.py --update, and say why in the commit"
        )
    return int(outside > 0)


if __name__ == "__main__":
    sys.exit(main())
