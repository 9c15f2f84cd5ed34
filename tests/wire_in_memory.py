"""A connection of which the other end is in the same process: a link writes, the test reads."""


class Wire:
    """One direction of a connection, in memory."""

    def __init__(self) -> None:
        self.bytes = bytearray()

    def send(self, data: bytes) -> int:
        self.bytes += data
        return len(data)
