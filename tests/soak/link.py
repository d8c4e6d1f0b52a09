"""The way from one node to one of its peers: a TCP proxy that can be made bad."""

import asyncio
import contextlib
import dataclasses
import socket
import struct

READ_BYTES_MAX = 65_536


@dataclasses.dataclass(frozen=True)
class Fault:
    """What is wrong with a link. Everything that is not set is in order."""

    name: str
    delaySeconds: float = 0.0  # before each piece goes on, in both directions
    bytesPerSecond: float = 0.0
    closesAfterBytesMax: int = 0  # each connection is reset after so many bytes at most
    isSilentThere: bool = False  # nothing goes to the peer
    isSilentBack: bool = False  # nothing comes back
    isRefused: bool = False

    def __str__(self):
        strengths = [self.delaySeconds, self.bytesPerSecond, self.closesAfterBytesMax]
        return " ".join([self.name] + [f"{strength:.3g}" for strength in strengths if strength])


HEALTHY = Fault("healthy")


def drawFault(chance):
    """One of the kinds of faults of a link, with strengths drawn."""
    kind = chance.randrange(7)
    if kind == 0:
        return Fault("delay", delaySeconds=chance.uniform(0.005, 0.5))
    if kind == 1:
        return Fault("narrow", bytesPerSecond=chance.uniform(2_000, 200_000))
    if kind == 2:
        return Fault("loss", closesAfterBytesMax=round(10 ** chance.uniform(1, 5.5)))
    if kind == 3:
        return Fault("silent there", isSilentThere=True)
    if kind == 4:
        return Fault("silent back", isSilentBack=True)
    if kind == 5:
        return Fault("half-open", isSilentThere=True, isSilentBack=True)
    return Fault("refused", isRefused=True)


class Link:
    """Listens on a port that the system draws and forwards to wherever the target listens just now.

    A socket that is bound and does not listen keeps the port, so that connections can be refused for a while and nobody
    else gets it meanwhile.
    """

    def __init__(self, source, target, chance):
        self.source = source
        self.target = target
        self.isFaulty = False
        self._chance = chance
        self._fault = HEALTHY
        self.isCut = False
        self._changed = asyncio.Event()
        self._server = None
        self._connections = set()
        self._keeper = self._socket(0)
        self.port = self._keeper.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    @staticmethod
    def _socket(port):
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(("127.0.0.1", port))
        return made

    async def open(self):
        self._server = await asyncio.start_server(self._serve, sock=self._socket(self.port), backlog=64)

    def close(self):
        self._stopListening()
        self._abortAll()
        self._keeper.close()

    # Faults.

    async def setFault(self, fault):
        """Puts another fault, or HEALTHY, in the place of the one before."""
        wasSilent = self._isSilent()
        self._fault = fault
        if fault.isRefused:
            self._stopListening()
            self._abortAll()
        elif self._server is None:
            await self.open()
        self._wake(wasSilent)

    def setCut(self, isCut):
        """Part of a partition: half-open, whatever the fault is."""
        wasSilent = self._isSilent()
        self.isCut = isCut
        self._wake(wasSilent)

    def _isSilent(self):
        return self.isCut or self._fault.isSilentThere or self._fault.isSilentBack

    def _wake(self, wasSilent):
        """What was held goes on late, or is lost with its connection."""
        if wasSilent and not self._isSilent() and self._chance.random() < 0.5:
            self._abortAll()
        self._changed.set()
        self._changed = asyncio.Event()

    def _stopListening(self):
        if self._server is not None:
            self._server.close()
            self._server = None

    def _abortAll(self):
        for connection in list(self._connections):
            self._abort(connection)

    def _abort(self, connection):
        for writer in connection:
            with contextlib.suppress(Exception):
                if self._chance.random() < 0.5:  # a reset, else an end
                    writer.get_extra_info("socket").setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                    )
                writer.transport.abort()

    # Forwarding.

    async def _serve(self, reader, writer):
        connection = (writer,)
        try:
            if self.target.port is None:
                self._abort(connection)
                return
            targetReader, targetWriter = await asyncio.open_connection("127.0.0.1", self.target.port)
        except OSError:
            self._abort(connection)
            return
        connection = (writer, targetWriter)
        self._connections.add(connection)
        try:
            left = [self._chance.randint(0, 300_000)]  # of bytes, if the link loses
            await asyncio.gather(
                self._pump(connection, reader, targetWriter, left, isThere=True),
                self._pump(connection, targetReader, writer, left, isThere=False),
            )
        except (OSError, asyncio.CancelledError):  # cancelled only by the end of the program
            pass
        finally:
            self._connections.discard(connection)
            self._closeBoth(connection)

    @staticmethod
    def _closeBoth(connection):
        for writer in connection:
            with contextlib.suppress(Exception):
                writer.close()

    async def _pump(self, connection, reader, writer, left, isThere):
        while True:
            await self._untilPassable(isThere)
            data = await reader.read(READ_BYTES_MAX)
            await self._untilPassable(isThere)
            if self._fault.delaySeconds:
                await asyncio.sleep(self._fault.delaySeconds)
            if not data:
                if writer.can_write_eof():
                    writer.write_eof()
                return
            if self._fault.closesAfterBytesMax:
                left[0] = min(left[0], self._chance.randint(0, self._fault.closesAfterBytesMax))
                if left[0] < len(data):
                    writer.write(data[: left[0]])
                    self._abort(connection)
                    return
                left[0] -= len(data)
            await self._write(writer, data)

    async def _untilPassable(self, isThere):
        while self.isCut or (self._fault.isSilentThere if isThere else self._fault.isSilentBack):
            await self._changed.wait()

    async def _write(self, writer, data):
        at = 0
        while at < len(data):
            speed = self._fault.bytesPerSecond
            piece = data[at : at + int(speed / 10) + 1] if speed else data[at:]
            writer.write(piece)
            await writer.drain()
            at += len(piece)
            if speed:
                await asyncio.sleep(len(piece) / speed)
