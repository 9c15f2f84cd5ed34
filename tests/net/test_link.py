"""The session of two links, over a pipe that takes what it likes and breaks when it likes."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pumps import LINKS, compiled

from mxbench.core.messages import Message, WorkloadMessage
from mxbench.net import compiled as chosen
from mxbench.net.driver import union
from mxbench.net.link import BATCH_BYTES, MAX_UNACKNOWLEDGED, frame
from mxbench.net.link import Link as PythonLink
from mxbench.net.wire import MAX_FRAME, Garbage, encode


class Numbered(Message):
    """The how-manieth it is on its channel."""

    number: int


class Block(WorkloadMessage):
    """The how-manieth it is on its channel, of the workload."""

    number: int
    padding: bytes = b""


TYPES = union([Numbered, Block])
links = pytest.mark.parametrize("Link", LINKS.values(), ids=LINKS)


class Pipe:
    """One direction of a connection: takes at most `room` bytes before it says that it would block."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self.room = 0
        self.closed = False

    def send(self, data: bytes) -> int:
        if self.closed:
            raise BrokenPipeError
        if not self.room:
            raise BlockingIOError
        taken = min(self.room, len(data))
        self.bytes += data[:taken]
        self.room -= taken
        return taken

    def close(self) -> None:
        self.closed = True


class End:
    """One side: its link, what it posted, and what the other side's messages were when they came here."""

    def __init__(self, Link: Any, peer: int) -> None:
        self.link = Link(peer, TYPES)
        self.pipe: Pipe | None = None  # towards the other side
        self.posted: list[tuple[Any, tuple[int, int] | None]] = []
        self.delivered: list[tuple[Any, tuple[int, int] | None]] = []
        self.completed = self.version = 0

    def take(self, data: bytes) -> None:
        for completed, version, messages in self.link.take(data):
            for message in messages:
                self.delivered.append((message, (completed, version) if isinstance(message, Numbered) else None))


SIDES = st.sampled_from([0, 1])


class TwoLinks(RuleBasedStateMachine):
    """Any order of posts, seals, partial sends, partial receipts, breaks seen by one side or both, and reconnects."""

    Link: Any

    def __init__(self) -> None:
        super().__init__()
        self.ends = (End(self.Link, 1), End(self.Link, 0))
        self.connect(late=0)

    @rule(side=SIDES, count=st.integers(1, 40))
    def post(self, side: int, count: int) -> None:
        end = self.ends[side]
        for _ in range(count):
            message = Numbered(len(end.posted))
            end.posted.append((message, (end.completed, end.version)))
            end.link.post(encode(message), end.completed, end.version)

    @rule(side=SIDES)
    def post_workload(self, side: int) -> None:
        end = self.ends[side]
        message = Block(len(end.posted))
        end.posted.append((message, None))
        end.link.post_workload(encode(message))

    @rule(side=SIDES, completed=st.integers(0, 2), version=st.integers(0, 2))
    def learn(self, side: int, completed: int, version: int) -> None:
        self.ends[side].completed += completed
        self.ends[side].version += version

    @rule(side=SIDES)
    def seal(self, side: int) -> None:
        if self.ends[side].link.batch:
            self.ends[side].link.seal()

    @rule(side=SIDES, room=st.one_of(st.integers(0, 60), st.just(1_000_000)))
    def flush(self, side: int, room: int) -> None:
        end = self.ends[side]
        if end.pipe is not None:
            end.pipe.room = room
        try:
            end.link.flush()
        except OSError:
            self.breaks(side)

    @rule(side=SIDES, count=st.one_of(st.integers(1, 60), st.just(1_000_000)))
    def carry(self, side: int, count: int) -> None:
        """Have what one side sent arrive, if the other has not yet noticed a break."""
        pipe, other = self.ends[side].pipe, self.ends[1 - side]
        if pipe is not None and pipe.bytes and other.link.connection is not None:
            data = bytes(pipe.bytes[:count])
            del pipe.bytes[:count]
            other.take(data)

    @rule(side=SIDES)
    def breaks(self, side: int) -> None:
        """One side notices a break: what is on its way to it is lost, and the other has not noticed yet."""
        self.ends[side].link.disconnected(0)
        towards = self.ends[1 - side].pipe
        if towards is not None:
            towards.closed = True
            towards.bytes.clear()

    @precondition(lambda self: any(end.link.connection is None for end in self.ends))
    @rule(late=st.one_of(st.integers(0, 200), st.just(1_000_000)))
    def connect(self, late: int) -> None:
        """Each tells what it has; before the new connection stands, `late` bytes of the old one still arrive."""
        has = [end.link.received for end in self.ends]
        for side in (0, 1):
            self.carry(side, late)
        for side, end in enumerate(self.ends):
            end.link.disconnected(0)
            end.pipe = Pipe()
            end.link.connected(end.pipe, has[1 - side])

    @rule(side=SIDES, late=st.sampled_from([0, 10, 100, 1_000_000]))
    def is_cut(self, side: int, late: int) -> None:
        """Send, break and connect again at once: the most frequent way that things go wrong."""
        self.flush(1 - side, 1_000_000)
        self.breaks(side)
        self.connect(late)

    @invariant()
    def what_came_is_a_beginning_of_what_was_sent_with_the_counters_of_that_moment(self) -> None:
        for end, other in (self.ends, self.ends[::-1]):
            assert end.delivered == other.posted[: len(end.delivered)]

    def teardown(self) -> None:
        if any(end.link.connection is None for end in self.ends):
            self.connect(late=0)
        for _ in range(3):  # the messages, then the acknowledgements of each
            for side in (0, 1):
                self.flush(side, 1 << 30)
                self.carry(side, 1 << 30)
        for end, other in (self.ends, self.ends[::-1]):
            assert end.delivered == other.posted, "not everything came"
            assert end.link.unacknowledged <= MAX_UNACKNOWLEDGED, "what was acknowledged is still kept"


class TwoLinksInPython(TwoLinks):
    Link = PythonLink


class TwoCompiledLinks(TwoLinks):
    Link = chosen.Link


SETTINGS = settings(
    max_examples=80, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestTwoLinks = TwoLinksInPython.TestCase
TestTwoLinks.settings = SETTINGS
TestTwoCompiledLinks = compiled(TwoCompiledLinks.TestCase)
TestTwoCompiledLinks.settings = SETTINGS


def talk(link: Any) -> Pipe:
    pipe = Pipe()
    pipe.room = 1 << 30
    link.connected(pipe, 0)
    return pipe


def one(number: int, acknowledged: int = 0, messages: tuple[Any, ...] = ()) -> bytes:
    return frame(number, acknowledged, 0, 0, [encode(message) for message in messages])


@links
def test_a_side_that_only_listens_acknowledges_so_that_the_other_forgets(Link: Any) -> None:
    speaker, listener = Link(1, TYPES), Link(0, TYPES)
    there, back = talk(speaker), talk(listener)
    for number in range(1000):
        speaker.post(encode(Numbered(number)), 0, 0)
        speaker.flush()
        listener.take(bytes(there.bytes))
        there.bytes.clear()
        if listener.acknowledgement_due:
            listener.flush()
        speaker.take(bytes(back.bytes))
        back.bytes.clear()
        assert speaker.unacknowledged <= MAX_UNACKNOWLEDGED


@links
def test_messages_of_one_wake_up_are_one_frame(Link: Any) -> None:
    link = Link(1, TYPES)
    pipe = talk(link)
    for number in range(50):
        link.post(encode(Numbered(number)), 3, 4)
    link.flush()
    assert bytes(pipe.bytes) == frame(1, 0, 3, 4, [encode(Numbered(number)) for number in range(50)])


@links
def test_a_batch_is_cut_before_it_is_too_long_for_a_frame(Link: Any) -> None:
    """The worst case: a full batch of the workload, one more message of the greatest size, one of the algorithm."""
    link, other = Link(1, TYPES), Link(0, TYPES)
    pipe = talk(link)
    talk(other)
    link.post_workload(encode(Block(0, b"x" * (BATCH_BYTES - 100))))
    link.post_workload(encode(Block(1, b"x" * (MAX_FRAME // 2 - 100))))
    link.post(encode(Block(2, b"x" * (MAX_FRAME // 2 - 100))), 0, 0)
    link.post_workload(encode(Block(3)))
    assert link.flush()
    assert [m.number for item in other.take(bytes(pipe.bytes)) for m in item[2]] == [0, 1, 2, 3]


BAD: dict[str, tuple[bytes, str]] = {
    "a-gap": (one(2), "frame 2 after frame 0"),
    "a-huge-length": (b"\xff\xff\xff\xff", "a frame of 4294967295 bytes; the limit is 8388608"),
    "one-byte-too-long": ((MAX_FRAME + 1).to_bytes(4, "big"), "a frame of 8388609 bytes"),
    "no-msgpack": (frame(1, 0, 0, 0, [b"\xc1\xc1\xc1"]), "a frame that cannot be read"),
    "another-structure": (one(1, 0, ({"number": 1},)), "a frame that cannot be read"),
    "an-unknown-message": (one(1, 0, (("Stranger", 1),)), "a frame that cannot be read"),
    "a-wrong-field": (one(1, 0, (("Numbered", "one"),)), "a frame that cannot be read"),
}


@links
@pytest.mark.parametrize(("data", "text"), BAD.values(), ids=BAD)
def test_what_is_no_frame_of_the_session_is_garbage(data: bytes, text: str, Link: Any) -> None:
    link = Link(1, TYPES)
    talk(link)
    with pytest.raises(Garbage, match=text):
        link.take(data)


@links
def test_a_frame_that_comes_twice_is_dropped_the_second_time(Link: Any) -> None:
    link = Link(1, TYPES)
    talk(link)
    first, second = one(1, 0, (Numbered(1),)), one(2, 0, (Numbered(2),))
    assert [item[2] for item in link.take(first + first + second + first)] == [[Numbered(1)], [Numbered(2)]]


@links
@pytest.mark.parametrize("act", ["flush", "seal"])
def test_sending_goes_on_without_a_connection(act: str, Link: Any) -> None:
    link, other = Link(1, TYPES), Link(0, TYPES)
    link.post(encode(Numbered(7)), 1, 2)
    getattr(link, act)()
    pipe = talk(link)
    link.flush()
    assert other.take(bytes(pipe.bytes)) == [(1, 2, [Numbered(7)])]


def test_a_message_on_the_wire_explains_itself() -> None:
    assert msgspec.msgpack.decode(encode(Numbered(3))) == ["Numbered", 3]
