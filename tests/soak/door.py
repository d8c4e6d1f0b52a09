"""A client's connection to a node: HTTP/1.1, kept, one call at a time."""

import asyncio
import collections
import contextlib

DATABASE = "soak"
# A node that is frozen for ten seconds answers after them; one that does not answer for much longer is at fault.
ANSWER_SECONDS_MAX = 120


class NoAnswer(Exception):
    """Nobody knows whether the node did what it was asked."""


class NotTaken(Exception):
    """The node cannot have done it: there was no connection, so nothing was sent."""


class Answer(collections.namedtuple("Answer", "status headers body")):
    def text(self):
        return self.body[:500].decode(errors="replace")


class Door:
    """Calls to one node as the root key, wherever it listens just now. One task at a time."""

    def __init__(self, node):
        self._node = node
        self._streams = None

    async def call(self, method, path, body=None, headers=(), isCutOff=False):
        """An Answer. `isCutOff`: the client goes away before it. NotTaken, NoAnswer; TimeoutError is the node's fault."""
        head = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Database: {DATABASE}"]
        head += [f"ApiKey: {self._node.keys['root']}", *headers]
        if body is not None:
            head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        request = "\r\n".join(head).encode() + b"\r\n\r\n" + (body or b"")
        reader, writer = self._streams or await self._connect()
        try:
            writer.write(request)
            if isCutOff:
                raise NoAnswer("the client went away")
            return await asyncio.wait_for(self._read(reader), ANSWER_SECONDS_MAX)
        except (OSError, EOFError, ValueError) as error:
            self.close()
            raise NoAnswer(repr(error)) from error
        except BaseException:
            self.close()
            raise

    async def _connect(self):
        port = self._node.port
        if port is None:
            raise NotTaken(f"{self._node.id} is down")
        try:
            self._streams = await asyncio.open_connection("127.0.0.1", port)
        except OSError as error:
            raise NotTaken(str(error)) from error
        return self._streams

    @staticmethod
    async def _read(reader):
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:-2]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return Answer(int(lines[0].split(" ", 2)[1]), headers, body)

    def close(self):
        if self._streams is not None:
            with contextlib.suppress(Exception):
                self._streams[1].close()
            self._streams = None
