"""A bare ping-pong in Python over a TCP connection: `python -m mxbench.bench.ping_pong COUNT` prints the median round
trip in microseconds.

It is the floor of an entry that nobody else wants: one message to the other process and one back.
"""

import os
import socket
import sys
import time
from statistics import median

SIZE = 32  # bytes; about a frame of mxbench with one short message


def play(count: int) -> float:
    """Return the median round trip in seconds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        child = os.fork()
        if child == 0:
            _answer(listener.getsockname(), count)
        with listener.accept()[0] as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            trips = []
            for _ in range(count):
                began = time.perf_counter()
                connection.sendall(bytes(SIZE))
                if not connection.recv(SIZE):
                    break
                trips.append(time.perf_counter() - began)
        os.waitpid(child, 0)
    return median(trips)


def _answer(address: tuple[str, int], count: int) -> None:
    try:
        with socket.create_connection(address) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(count):
                data = connection.recv(SIZE)
                if not data:
                    break
                connection.sendall(data)
    finally:
        os._exit(0)


if __name__ == "__main__":
    print(f"{play(int(sys.argv[1])) * 1e6:.3f}")
