"""What stands on a connection: a greeting that proves the run's secret, then frames.

A frame begins with the length of its content (4 bytes, big-endian). Between a node and its parent the content is one
msgpack value; what it is between two nodes stands in link.py. Nothing but the fixed 64 bytes of a greeting is read from
a connection before it has proved the secret.
"""

import secrets
import socket
from hashlib import blake2b
from typing import Any

import msgspec

MAGIC = b"MXB1"
MAX_FRAME = 8 * 1024 * 1024
RECEIVE = 64 * 1024  # bytes asked of the kernel at once; from 128 kB on, malloc maps and unmaps each buffer
_NONCE = 16
_HELLO = len(MAGIC) + 4 + _NONCE
_PROOF = 32 + 8
CONTROL = 0xFFFFFFFF  # the parent's id in a greeting

encode = msgspec.msgpack.Encoder().encode


class Garbage(Exception):
    """The other side sent what is no frame, or not the greeting of this run."""


class Greeting:
    """One side of a greeting, fed with bytes as they come. Both sides send the same, the caller its hello first:

        hello  magic, own id (4 bytes), nonce (16 bytes)
        proof  BLAKE2b keyed with the run's secret over role, both hellos and `received` (32 bytes); `received` (8)

    `received` is the last frame of the session that this side has, so that the other can resend the rest.
    """

    def __init__(self, secret: bytes, me: int, caller: bool) -> None:
        self.peer: int | None = None  # known, but not to be trusted before `proved`
        self.received: int = 0  # the other's, once proved
        self.proved = False
        self.hello = MAGIC + me.to_bytes(4, "big") + secrets.token_bytes(_NONCE)
        self._secret, self._caller = secret, caller
        self._other_hello = b""
        self._buffer = b""

    @property
    def missing(self) -> int:
        """How many bytes to read at most, so that no byte of a frame is taken."""
        return (_PROOF if self._other_hello else _HELLO + _PROOF) - len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Take bytes of the other side; raise Garbage if they are not a greeting of this run."""
        self._buffer += data
        if not self._other_hello and len(self._buffer) >= _HELLO:
            self._other_hello, self._buffer = self._buffer[:_HELLO], self._buffer[_HELLO:]
            if not self._other_hello.startswith(MAGIC):
                raise Garbage("it does not greet like a node of mxbench")
            self.peer = int.from_bytes(self._other_hello[4:8], "big")
        if self._other_hello and len(self._buffer) >= _PROOF:
            proof, received = self._buffer[:32], self._buffer[32:_PROOF]
            expected = self._mac(not self._caller, self._other_hello, self.hello, received)
            if not secrets.compare_digest(proof, expected):
                raise Garbage("it does not know the secret of this run")
            self.received = int.from_bytes(received, "big")
            self.proved = True

    def proof(self, received: int) -> bytes:
        """Return the proof to send once the other's hello is here."""
        last = received.to_bytes(8, "big")
        return self._mac(self._caller, self.hello, self._other_hello, last) + last

    def _mac(self, caller: bool, first: bytes, second: bytes, received: bytes) -> bytes:
        role = b"caller" if caller else b"callee"
        return blake2b(role + first + second + received, key=self._secret, digest_size=32).digest()


def call(address: tuple[str, int], secret: bytes, me: int, seconds: float) -> socket.socket:
    """Connect and greet, waiting for it; raise OSError or Garbage. For the control connection of a node."""
    connection = socket.socket()  # create_connection would look the address up, for which Python loads three modules
    connection.settimeout(seconds)
    connection.connect(address)
    greeting = Greeting(secret, me, caller=True)
    connection.sendall(greeting.hello)
    sent_proof = False
    while not greeting.proved:
        data = connection.recv(greeting.missing)
        if not data:
            raise Garbage("the connection was closed before the greeting was complete")
        greeting.feed(data)
        if greeting.peer is not None and not sent_proof:
            connection.sendall(greeting.proof(0))
            sent_proof = True
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setblocking(False)
    return connection


class Unframer:
    """Cuts a stream of bytes into frames and decodes each as `kind`; keeps what is incomplete. most: bytes of one."""

    __slots__ = ("_decode", "_most", "_tail")

    def __init__(self, kind: Any, most: int = MAX_FRAME) -> None:
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._most = most
        self._tail = b""

    def feed(self, data: bytes) -> list[Any]:
        """Return the frames that are complete; raise Garbage for one that is too long or cannot be decoded."""
        if self._tail:
            data = self._tail + data
        frames = []
        position, end = 0, len(data)
        while end - position >= 4:
            start = position + 4
            size = int.from_bytes(data[position:start], "big")
            if size > self._most:
                raise Garbage(f"a frame of {size} bytes; the limit is {self._most}")
            if end - start < size:
                break
            position = start + size
            try:
                frames.append(self._decode(data[start:position]))
            except msgspec.MsgspecError as error:
                raise Garbage(f"a frame that cannot be read: {error}") from None
        self._tail = data[position:] if position else data
        return frames


def frame(content: Any, most: int = MAX_FRAME) -> bytes:
    """Return the bytes of a frame; raise ValueError if it is too long."""
    body = encode(content)
    if len(body) > most:
        raise ValueError(f"a frame of {len(body)} bytes; the limit is {most}")
    return len(body).to_bytes(4, "big") + body
