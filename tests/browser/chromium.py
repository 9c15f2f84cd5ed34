"""A headless Chromium, spoken to over two pipes: Chrome's DevTools protocol, JSON messages that end with a NUL."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE_S = 60.0  # for one answer; a browser that is silent for longer is stuck


def find() -> str | None:
    """Return the path of a Chromium, None if there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """One open page, and what it complained of: errors, and requests other than for the page itself."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self._loaded = False
        self.events: list[dict[str, Any]] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._call(f"{domain}.enable")

    def open(self, file: Path, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Open a file at a size, and return once its script has run and drawn."""
        self.events.clear()
        self._loaded = False
        self.resize(width, height, dark)
        self._call("Page.navigate", url=file.resolve().as_uri())
        self._loaded = True
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(self._receive())
        self.settle()

    def resize(self, width: int, height: int = 900, dark: bool = False, scale: float = 1) -> None:
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )
        self.media("screen", dark)

    def media(self, kind: str, dark: bool = False) -> None:
        """Show the page as on a screen or as printed, to somebody who likes it light or dark."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", media=kind, features=[scheme])
        if self._loaded:
            self.settle()

    def run(self, script: str) -> Any:
        """Return the value of an expression; raise AssertionError with what it raised."""
        done = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def wait(self, condition: str) -> None:
        """Return once a condition holds, which the page asks itself once a frame."""
        asked = f"""new Promise((yes, no) => {{
            let left = 1200;
            const ask = () => ({condition}) ? yes(true) : left-- > 0 ? setTimeout(ask, 25) : no(new Error("never"));
            ask();
        }})"""
        self.run(asked)

    def settle(self) -> None:
        """Return once everything that was asked for is drawn; a drawing may ask for one more, with its new size."""
        for _ in range(3):
            self.run("new Promise((yes) => requestAnimationFrame(() => yes(true)))")

    def press(self, key: str) -> None:
        """Press and release a key, as a person does."""
        text = {"text": key} if len(key) == 1 else {}
        self._call("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        self._call("Input.dispatchKeyEvent", type="keyUp", key=key)
        self.settle()

    def click(self, selector: str) -> None:
        """Move to the middle of the first such element and click there."""
        x, y = self._middle(selector)
        self._mouse("mouseMoved", x, y)
        self._mouse("mousePressed", x, y)
        self._mouse("mouseReleased", x, y)
        self.settle()

    def drag(self, selector: str, by: float) -> None:
        """Take the middle of the first such element and pull it to the side."""
        x, y = self._middle(selector)
        self._mouse("mousePressed", x, y)
        for step in range(1, 6):
            self._mouse("mouseMoved", x + by * step / 5, y, held=True)
        self._mouse("mouseReleased", x + by, y)
        self.settle()

    def hover(self, selector: str) -> None:
        """Move to the middle of the first such element."""
        self._mouse("mouseMoved", *self._middle(selector))
        self.settle()

    def _middle(self, selector: str) -> tuple[float, float]:
        x, y = self.run(f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            element.scrollIntoView({{block: "center"}});
            const box = element.getBoundingClientRect();
            return [box.left + box.width / 2, box.top + box.height / 2];
        }})()""")
        return x, y

    def _mouse(self, kind: str, x: float, y: float, held: bool = False) -> None:
        pressed = held or kind == "mousePressed"
        button = "left" if held or kind != "mouseMoved" else "none"
        self._call(
            "Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, buttons=int(pressed), clickCount=1
        )  # fmt: skip

    def picture(self, file: Path, whole: bool = False) -> None:
        """Store what is seen, or the whole page."""
        done = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(done["data"]))

    @property
    def complaints(self) -> list[str]:
        """Every error and warning that the page caused so far."""
        self.settle()
        found = []
        for event in self.events:
            parameters = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(json.dumps(parameters["exceptionDetails"])[:600])
            elif event["method"] == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
                found.append(json.dumps(parameters["args"])[:600])
            elif event["method"] == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
                found.append(parameters["entry"]["text"])
        return found

    @property
    def requests(self) -> list[str]:
        """The address of everything that was asked for so far."""
        self.settle()
        asked = [event for event in self.events if event["method"] == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in asked]

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                result: dict[str, Any] = answer["result"]
                return result
            if "method" in answer:
                self.events.append(answer)

    def _receive(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE_S
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0, until - time.monotonic()))
            assert ready, f"the browser said nothing for {PATIENCE_S:g} s"
            received = os.read(self._read, 1 << 20)
            assert received, "the browser has ended"
            self._buffer += received
        one, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(one)
        return message


@contextmanager
def browser(program: str) -> Iterator[Page]:
    """Start a browser with an empty profile, yield a page of it, and leave nothing behind."""
    to_it, our_write = os.pipe()
    our_read, from_it = os.pipe()

    def pipes() -> None:  # the protocol wants descriptors 3 and 4
        a, b = os.dup(to_it), os.dup(from_it)
        os.dup2(a, 3)
        os.dup2(b, 4)

    with tempfile.TemporaryDirectory(prefix="mxbench-browser-", ignore_cleanup_errors=True) as profile:
        arguments = [
            program, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking",
            "--disable-component-update", "--hide-scrollbars", f"--user-data-dir={profile}",
        ]  # fmt: skip
        process = subprocess.Popen(
            arguments, preexec_fn=pipes, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        os.close(to_it)
        os.close(from_it)
        try:
            yield Page(our_read, our_write)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            os.close(our_read)
            os.close(our_write)
