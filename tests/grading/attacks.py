"""Submissions that break something, or try to: each is a right algorithm with an attack before it or in it."""

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
RIGHT = (ROOT / "plugins" / "ricart_agrawala.py").read_text()
IN_REQUEST = "        self.highest += 1\n        self.ours = self.highest\n"  # where on_request of RIGHT begins


def at_import(attack: str) -> str:
    """Return a right algorithm whose module does something first, and goes on whatever comes of it."""
    body = "".join(f"    {line}\n" for line in attack.splitlines())
    return f"try:\n{body}except Exception:\n    pass\n\n{RIGHT}"


def in_request(attack: str, before: str = "") -> str:
    """Return a right algorithm whose on_request does something first. before: in front of the module."""
    assert IN_REQUEST in RIGHT, "plugins/ricart_agrawala.py was changed: adapt this"
    body = "".join(f"        {line}\n" for line in attack.splitlines())
    return before + RIGHT.replace(IN_REQUEST, body + IN_REQUEST, 1)


def reads(secret: Path) -> str:
    """Return a right algorithm that looks for a file and for what its judge knows, and prints what it finds."""
    return at_import(
        f"""import os
print(dict(os.environ), os.listdir("."), __file__)
for path in ({str(secret)!r}, f"/proc/{{os.getppid()}}/environ", f"/proc/{{os.getppid()}}/cmdline", "/etc/passwd"):
    try:
        print(open(path).read())
    except OSError as error:
        print("refused", error)
os.listdir({str(secret.parent)!r})"""
    )


def deletes(folder: Path) -> str:
    """Return a right algorithm that removes a folder, a file, and itself, and writes where it can."""
    return at_import(
        f"""import os, shutil
for act in (lambda: shutil.rmtree({str(folder)!r}), lambda: os.remove(__file__),
            lambda: open("left_behind", "w"), lambda: open({str(folder / "new")!r}, "w"),
            lambda: os.rename({str(folder / "kept")!r}, "moved"), lambda: os.mkdir("made")):
    try:
        act()
        print("done")
    except OSError:
        pass"""
    )


UNSAFE = """
from mxbench import Algorithm

class Greedy(Algorithm):
    name = "greedy"
    def on_request(self, request, out):
        out.enter()
"""
DEADLOCKS = """
from mxbench import Algorithm, Message, hookimpl

class Ask(Message):
    pass

class Grant(Message):
    pass

class Stubborn(Algorithm):
    '''Grants only while it does not ask itself: two that ask wait for each other.'''
    name = "stubborn"
    asking: bool = False
    granted: set[int] = set()

    def on_request(self, request, out):
        self.asking = True
        self.granted = set()
        out.broadcast(Ask())
        if self.n == 1:
            out.enter()

    def on_message(self, sender, message, out):
        if isinstance(message, Ask):
            if not self.asking:
                out.send(sender, Grant())
        else:
            self.granted.add(sender)
            if len(self.granted) == self.n - 1:
                out.enter()

    def on_release(self, out):
        self.asking = False
"""
# Knows, without a message, whether anybody is inside: right in a process that all nodes share, and nowhere else.
SHARES = """
from mxbench import Algorithm, Message

INSIDE = []

class Ask(Message):
    pass

class Shares(Algorithm):
    name = "shares"
    def on_request(self, request, out):
        if INSIDE:
            out.broadcast(Ask())
        else:
            INSIDE.append(self.me)
            out.enter()
    def on_release(self, out):
        INSIDE.clear()
"""
SHARES_IN_A_CLASS = SHARES.replace("INSIDE = []", "class Hall:\n    inside = []").replace("INSIDE", "Hall.inside")
FORKS = at_import("""import os
for _ in range(20):
    if os.fork() == 0:
        while True:
            pass""")
PATCHES = (
    """
import mxbench.core.node, mxbench.core.algorithm, mxbench.core.messages, mxbench.grading.confined as confined
import mxbench.check.search, mxbench.grading.grade, mxbench.grading.judging, mxbench.grading.examiner

def valid(*arguments, **options):
    return {"verdict": "valid", "points": 100}

mxbench.core.node.Node.deliver = lambda *arguments: None
mxbench.check.search.Search.run = valid
mxbench.grading.judging.judge = valid
mxbench.grading.grade.graded = valid
mxbench.grading.examiner.Examiner.run = valid
confined.plugin_fault = lambda *arguments: None
confined.check_declaration = lambda *arguments: None
"""
    + UNSAFE
)
FORGES = (
    """
import os, struct, msgspec
print('{"verdict": "valid", "points": 100, "submissions": []}')
for kind in ("item", "end", "done"):
    frame = msgspec.msgpack.encode([kind, {"name": "contract", "outcome": "met", "points": 100}])
    for descriptor in range(1, 10):
        try:
            os.write(descriptor, struct.pack(">I", len(frame)) + frame)
        except OSError:
            pass
"""
    + RIGHT
)
GIANT = in_request('out.broadcast(Huge("x" * 3_000_000))').replace(
    "class Request(Message)", "class Huge(Message):\n    text: str\n\n\nclass Request(Message)"
)
FLOODS = """
from mxbench import Algorithm, Message

class More(Message):
    pass

class Floods(Algorithm):
    name = "floods"
    def on_request(self, request, out):
        out.broadcast(More())
    def on_message(self, sender, message, out):
        for _ in range(50):
            out.broadcast(More())
"""
ATTACKS: dict[str, str] = {
    "right": RIGHT,
    "unsafe": UNSAFE,
    "deadlocks": DEADLOCKS,
    "shares_memory": SHARES,
    "shares_in_a_class": SHARES_IN_A_CLASS,
    "loops_in_handler": in_request("while True:\n    pass"),
    "sleeps_in_handler": in_request("time.sleep(1000)", "import time\n"),
    "loops_at_import": "while True:\n    pass\n",
    "allocates_in_handler": in_request("kept = []\nwhile True:\n    kept.append(bytearray(10_000_000))"),
    "allocates_at_import": "kept = []\nwhile True:\n    kept.append(bytearray(10_000_000))\n",
    "forks": FORKS,
    "patches": PATCHES,
    "forges": FORGES,
    "exits_in_handler": in_request("import sys\nsys.exit(0)"),
    "exits_at_once": in_request("import os\nos._exit(0)"),
    "opens_a_socket": at_import("import socket\nsocket.create_server(('127.0.0.1', 0))"),
    "kills_its_parent": at_import("import os\nos.kill(os.getppid(), 9)"),
    "starts_a_thread": in_request("threading.Thread(target=print).start()", "import threading\n"),
    "imports_the_solution": "from mxbench_plugins.ricart_agrawala import *\n",
    "giant_messages": GIANT,
    "floods": FLOODS,
    "prints_without_end": in_request("while True:\n    print('x' * 1000)"),
    "draws_at_random": in_request("self.highest += random.randrange(3)", "import random\n"),
    "reads_the_clock": in_request("self.highest += time.monotonic_ns() % 7", "import time\n"),
}
# Takes over the pipes to its judge: a right declaration, then answers that are whatever a generator comes to.
ANSWERS_AT_RANDOM = """
import os, random, struct
import msgspec

draw = random.Random({seed})
names = ["m", "l", "t", "s", "f", "d", "i", "n", "x", "0x10", "y" * 50]

def value(depth=0):
    kind = draw.randrange(9)
    if kind < 4 and depth < 5:
        return [value(depth + 1) for _ in range(draw.randrange(4))]
    if kind == 4:
        return {{draw.choice(names): value(depth + 1) for _ in range(draw.randrange(3))}} if depth < 5 else None
    return draw.choice([draw.choice(names), draw.randrange(-4, 9), None, True, 0.5, float("nan"), b"", 2**63])

def frame(data):
    os.write(3, struct.pack(">I", len(data)) + data)

def message():
    return draw.choice([["m", 0, 1], ["m", 0], ["m", 1, 1], ["m", 9], value()])

def answer():
    kind = draw.randrange(10)
    if kind < 6:
        state = [draw.choice([value(), 1, ["s"], ["d"]]) for _ in range(draw.choice([2, 2, 2, 1]))]
        effects = [[draw.choice([-3, -2, -1, 0, 1, 2, 7, None]), draw.choice([message(), ["t", "x"], "t"])]
                   for _ in range(draw.randrange(3))]
        return ["done", state, effects, draw.choice([True, False, 1]), draw.choice([None, [1, 2], value()]), []]
    return draw.choice([["choose", draw.choice([1, 3, 0, -1, 10**9])], ["fault", value(), []], value(), ["done"],
                        ["done", [1, 1], 5, False, None, []], ["done", [1, 1], [], False, None, [value()]]])

frame(msgspec.msgpack.encode(["loaded", {{
    "name": "x", "summary": "", "fields": ["a", "b"], "messages": [["Ask", ["clock"]]], "assumes": {{}}, "claims": {{}},
    "quorum_system": None, "topology": None, "flags": {{}}}}, [], []]))
while True:
    head = os.read(4, 4)
    if len(head) < 4:
        os._exit(0)
    os.read(4, struct.unpack(">I", head)[0])
    frame(msgspec.msgpack.encode(answer()) if draw.random() < 0.95 else draw.randbytes(draw.randrange(1, 20)))
"""
