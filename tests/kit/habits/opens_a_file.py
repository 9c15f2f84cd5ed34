"""Fault: handlers read a file, open a socket, start a process and start a thread."""

import os
import socket
import subprocess
import sys
import threading

from mxbench import Algorithm, EntryRequest, Out, hookimpl


class OpensAFile(Algorithm):
    """Asks the machine."""

    name = "opens-a-file"

    def on_start(self, out: Out) -> None:
        with open(os.devnull) as stream:
            stream.read()

    def on_request(self, request: EntryRequest, out: Out) -> None:
        socket.socket().close()
        threading.Thread(target=int).start()
        out.enter()

    def on_release(self, out: Out) -> None:
        if self.n == 1:
            subprocess.run([sys.executable, "-c", ""], check=True)


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [OpensAFile]
