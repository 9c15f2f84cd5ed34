"""The greeting and the door: nobody comes in who does not know the secret, and nothing past a greeting is read."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from clusters import step_until
from hypothesis import given
from hypothesis import strategies as st

from mxbench.net import door as door_module
from mxbench.net.door import MAX_STRANGERS, Door, Guest
from mxbench.net.poller import Poller
from mxbench.net.wire import MAGIC, Garbage, Greeting, frame

HOST = "127.0.0.1"
SECRET = b"s" * 32
GREETING_BYTES = 64


class Entrance:
    """A door of node 0 that expects nodes 1 and 2, and those who came in."""

    def __init__(self) -> None:
        self.poller = Poller()
        self.guests: list[Guest] = []
        self.door = Door(0, SECRET, HOST, self.poller, 8, lambda peer: peer in (1, 2), lambda peer: 17,
                         self.guests.append)  # fmt: skip

    @property
    def address(self) -> tuple[str, int]:
        return HOST, self.door.port

    def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        step_until(self.poller, condition, seconds)


@pytest.fixture
def entrance() -> Iterator[Entrance]:
    it = Entrance()
    yield it
    it.door.close()
    for guest in it.guests:
        guest.connection.close()
    it.poller.close()


def greet(entrance: Entrance, secret: bytes, me: int, behind: bytes = b"") -> socket.socket:
    """Greet as a caller would, all from one thread; the bytes `behind` go out together with the proof."""
    connection = socket.create_connection(entrance.address, timeout=10)
    greeting = Greeting(secret, me, caller=True)
    connection.sendall(greeting.hello)
    entrance.until(lambda: entrance.door.turned_away > 0
                   or any(stranger._greeting.peer == me for stranger in entrance.door.strangers.values()))  # fmt: skip
    with contextlib.suppress(Garbage, OSError):
        greeting.feed(connection.recv(24))
    connection.sendall(greeting.proof(5) + behind)
    return connection


@given(st.binary(max_size=300), st.integers(1, 100))
def test_no_bytes_prove_the_secret_and_nothing_past_a_greeting_is_asked_for(data: bytes, chunk: int) -> None:
    greeting = Greeting(SECRET, 0, caller=False)
    position = 0
    with contextlib.suppress(Garbage):
        while position < len(data):
            assert greeting.missing > 0
            size = min(chunk, greeting.missing)
            greeting.feed(data[position : position + size])
            position += size
            assert position <= GREETING_BYTES
    assert not greeting.proved


@given(st.binary(min_size=40, max_size=40), st.integers(0, 2**32 - 1))
def test_no_proof_is_right_by_chance_behind_a_good_hello(proof: bytes, me: int) -> None:
    greeting = Greeting(SECRET, 0, caller=False)
    greeting.feed(MAGIC + me.to_bytes(4, "big") + b"n" * 16)
    assert greeting.peer == me
    with pytest.raises(Garbage, match="does not know the secret"):
        greeting.feed(proof)
    assert not greeting.proved


def exchange(caller: Greeting, callee: Greeting, flip: int | None = None) -> None:
    callee.feed(caller.hello)
    caller.feed(callee.hello)
    proof = bytearray(caller.proof(3))
    if flip is not None:
        proof[flip] ^= 1
    callee.feed(bytes(proof))
    caller.feed(callee.proof(9))


def test_two_who_know_the_secret_believe_each_other_and_tell_what_they_have() -> None:
    caller, callee = Greeting(SECRET, 4, caller=True), Greeting(SECRET, 0, caller=False)
    exchange(caller, callee)
    assert caller.proved
    assert callee.proved
    assert (caller.peer, callee.peer) == (0, 4)
    assert (caller.received, callee.received) == (9, 3)


@given(st.integers(0, 39))
def test_one_flipped_byte_of_a_proof_or_of_the_number_in_it_is_noticed(flip: int) -> None:
    with pytest.raises(Garbage):
        exchange(Greeting(SECRET, 4, caller=True), Greeting(SECRET, 0, caller=False), flip)


def test_a_proof_cannot_be_used_for_another_connection() -> None:
    caller, callee = Greeting(SECRET, 4, caller=True), Greeting(SECRET, 0, caller=False)
    exchange(caller, callee)
    again = Greeting(SECRET, 0, caller=False)
    again.feed(caller.hello)
    with pytest.raises(Garbage):
        again.feed(caller.proof(3))


def test_a_proof_sent_back_as_in_a_mirror_proves_nothing() -> None:
    callee = Greeting(SECRET, 0, caller=False)
    callee.feed(callee.hello)
    with pytest.raises(Garbage):
        callee.feed(callee.proof(0))


def test_a_caller_with_the_secret_comes_in_and_what_it_says_next_is_left_on_the_connection(entrance: Entrance) -> None:
    with greet(entrance, SECRET, 2, behind=frame("first")):
        entrance.until(lambda: bool(entrance.guests))
        guest = entrance.guests[0]
        assert (guest.peer, guest.peer_has) == (2, 5)
        assert guest.connection.recv(100) == frame("first")
        assert not entrance.door.strangers


@pytest.mark.parametrize(("secret", "me"), [(b"t" * 32, 2), (SECRET, 3), (SECRET, 0)], ids=["secret", "id", "own-id"])
def test_a_caller_is_turned_away_for_a_wrong(secret: bytes, me: int, entrance: Entrance) -> None:
    with contextlib.suppress(OSError), greet(entrance, secret, me):
        entrance.until(lambda: entrance.door.turned_away == 1)
    assert not entrance.guests
    assert not entrance.door.strangers


def test_a_stranger_who_takes_too_long_is_turned_away(entrance: Entrance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "GREETING_SECONDS", 0.05)
    with socket.create_connection(entrance.address) as connection:
        connection.sendall(MAGIC)
        began = time.monotonic()
        entrance.until(lambda: entrance.door.turned_away == 1)
        assert time.monotonic() - began < 5
    assert not entrance.door.strangers


def test_of_too_many_strangers_the_oldest_is_turned_away(entrance: Entrance) -> None:
    with contextlib.ExitStack() as crowd:
        for count in range(1, MAX_STRANGERS + 11):
            crowd.enter_context(socket.create_connection(entrance.address))
            entrance.until(lambda count=count: len(entrance.door.strangers) + entrance.door.turned_away == count)
        assert (len(entrance.door.strangers), entrance.door.turned_away) == (MAX_STRANGERS, 10)


def test_a_stranger_who_leaves_is_forgotten_whenever_it_leaves(entrance: Entrance) -> None:
    for number, said in enumerate((b"", MAGIC, MAGIC + b"\x00\x00\x00\x02" + b"n" * 16), start=1):
        with socket.create_connection(entrance.address) as connection:
            connection.sendall(said)
            entrance.until(lambda: bool(entrance.door.strangers))
        entrance.until(lambda number=number: entrance.door.turned_away == number)
    assert not entrance.door.strangers


def test_a_welcome_that_raises_is_no_reason_to_turn_the_guest_away_twice(entrance: Entrance) -> None:
    def burst(guest: Guest) -> None:
        guest.connection.close()
        raise OSError("the guest fainted")

    entrance.door.welcome = burst
    with greet(entrance, SECRET, 1), pytest.raises(OSError, match="fainted"):
        entrance.until(lambda: False)
    assert not entrance.door.strangers
    assert entrance.door.turned_away == 0


def test_a_call_to_a_closed_port_fails_and_says_so(entrance: Entrance) -> None:
    with socket.create_server((HOST, 0)) as gone:
        address = gone.getsockname()
    failed: list[bool] = []
    entrance.door.call(1, address, lambda: failed.append(True))
    entrance.until(lambda: bool(failed))
    assert not entrance.door.strangers


def test_a_callee_that_is_somebody_else_is_not_taken_for_the_peer(entrance: Entrance) -> None:
    other = Door(2, SECRET, HOST, entrance.poller, 8, lambda peer: True, lambda peer: 0, lambda guest: None)
    failed: list[bool] = []
    entrance.door.call(1, (HOST, other.port), lambda: failed.append(True))
    entrance.until(lambda: bool(failed))
    assert not entrance.guests
    other.close()
