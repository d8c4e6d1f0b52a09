"""One real node as a process: started, stopped, frozen, killed, and looked at from outside."""

import asyncio
import collections
import contextlib
import ctypes
import json
import pathlib
import re
import signal
import time

from door import Door, NoAnswer

# Far above anything expected: a loaded machine is no failure.
START_SECONDS_MAX = 120
STOP_SECONDS_MAX = 120
PR_SET_PDEATHSIG = 1
LOG_LINE = re.compile(r"^\S+ (debug|info|warning|critical|fatal) ")

libc = ctypes.CDLL(None)


class SoakError(Exception):
    """Something is not as it must be; the text says what."""


Sample = collections.namedtuple("Sample", "memoryKb descriptors threads walBytes")


class NodeProcess:
    """A node that keeps its id and its folder from one process to the next; each listens on a port that the system draws."""

    def __init__(self, program, folder, index, keys):
        self.id = f"node-{index + 1}"
        self.port = None  # None while it is down
        self.dataFolder = folder / "data"
        self.logPath = folder / f"{self.id}.log"
        self.peers = []  # (node id, base URL), set before the first start
        self.keys = keys
        self.isFrozen = False
        self.slowestStart = 0.0
        self.slowestStop = 0.0
        self._program = program
        self._settings = folder / f"{self.id}.json"
        self._process = None
        self._up = asyncio.Event()

    # Life and death.

    async def start(self):
        """Starts a process and waits until it serves. SoakError if it ends before."""
        started = time.monotonic()
        await self._spawn()
        try:
            said = await asyncio.wait_for(self._process.stdout.readline(), START_SECONDS_MAX)
        except asyncio.TimeoutError:
            raise SoakError(f"{self.id} does not serve {START_SECONDS_MAX} s after its start") from None
        found = re.search(rb"listening on http://127\.0\.0\.1:(\d+)", said)
        if not found:
            raise SoakError(f"{self.id} did not start: {self.logTail()}")
        self.slowestStart = max(self.slowestStart, time.monotonic() - started)
        self.port = int(found[1])
        self._up.set()

    async def _spawn(self):
        self._writeSettings()
        arguments = ["--server", "--config", str(self._settings), f"--Node:NodeId={self.id}"]
        arguments += ["--listen", "127.0.0.1:0", "--data-dir", str(self.dataFolder)]
        for number, (peer, url) in enumerate(self.peers):
            arguments += [f"--Node:SeedPeers:{number}:NodeId={peer}", f"--Node:SeedPeers:{number}:BaseUrl={url}"]
        with self.logPath.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                self._program,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the soak, which then ends the nodes
                preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
            )

    def _writeSettings(self):
        """The file with the keys, readable by this user only; on the command line everybody would see them."""
        self._settings.touch(mode=0o600)
        keys = {"Auth": {"RootApiKey": self.keys["root"]}, "Node": {"ReplicationApiKey": self.keys["replication"]}}
        self._settings.write_text(json.dumps(keys))

    async def startAndKill(self, seconds):
        """Starts a process and kills it `seconds` later, wherever it is then."""
        await self._spawn()
        await asyncio.sleep(seconds)
        await self.kill()

    async def kill(self):
        """SIGKILL. SoakError if the node had ended by itself."""
        self._down()
        if self._process is None:
            return
        self._signal(signal.SIGKILL)
        code = await self._process.wait()
        if code != -signal.SIGKILL:
            raise SoakError(f"{self.id} ended by itself with code {code}: {self.logTail()}")

    async def stop(self):
        """SIGTERM. SoakError if it does not end, or not with code 0."""
        self._down()
        began = time.monotonic()
        self._signal(signal.SIGTERM)
        try:
            code = await asyncio.wait_for(self._process.wait(), STOP_SECONDS_MAX)
        except asyncio.TimeoutError:
            raise SoakError(f"{self.id} does not end {STOP_SECONDS_MAX} s after SIGTERM") from None
        if code != 0:
            raise SoakError(f"{self.id} ended with code {code} after SIGTERM: {self.logTail()}")
        self.slowestStop = max(self.slowestStop, time.monotonic() - began)

    def freeze(self):
        self._signal(signal.SIGSTOP)
        self.isFrozen = True

    def thaw(self):
        self.isFrozen = False
        self._signal(signal.SIGCONT)

    def _signal(self, number):
        self.checkAlive()
        self._process.send_signal(number)

    def _down(self):
        self.port = None
        self.isFrozen = False
        self._up.clear()

    async def up(self):
        """Waits until it serves."""
        await self._up.wait()

    def checkAlive(self):
        """SoakError if it ended by itself."""
        if self._process is not None and self._process.returncode not in (None, -signal.SIGKILL):
            raise SoakError(f"{self.id} ended by itself with code {self._process.returncode}: {self.logTail()}")

    async def end(self):
        """Whatever it does: it is gone afterwards."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    # Looking at it.

    def logTail(self, lines=12):
        return "its log ends:\n" + "\n".join(self.logPath.read_text(errors="replace").splitlines()[-lines:])

    def logLines(self):
        """Its log lines of a warning or worse, as (level, line)."""
        with self.logPath.open(errors="replace") as log:
            for line in log:
                found = LOG_LINE.match(line)
                if not found or found[1] not in ("debug", "info"):
                    yield (found[1] if found else "critical", line.rstrip("\n"))

    def sample(self):
        """What it costs the machine now; None if it is just not there."""
        if self.port is None:
            return None
        proc = pathlib.Path("/proc") / str(self._process.pid)
        try:
            status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
            descriptors = sum(1 for _ in (proc / "fd").iterdir())
            return Sample(int(status["VmRSS"].split()[0]), descriptors, int(status["Threads"]), self.walBytes())
        except (OSError, KeyError):
            return None

    def walBytes(self):
        return sum(file.stat().st_size for file in (self.dataFolder / self.id).glob("*.db-wal"))

    def databaseFiles(self):
        return sorted((self.dataFolder / self.id).glob("*.db"))

    async def ask(self, path):
        """The answer of GET as JSON; asked again while the node is busy. NoAnswer if there is none."""
        door = Door(self)
        try:
            while True:
                answer = await door.call("GET", path)
                if answer.status == 200:
                    return json.loads(answer.body)
                if answer.status != 503:
                    raise SoakError(f"{self.id}: GET {path} was answered {answer.status}: {answer.text()}")
                await asyncio.sleep(0.1)
        finally:
            door.close()

    async def documents(self, collection, page=500):
        """Every document of a collection, page after page."""
        door = Door(self)
        after = ""
        try:
            while True:
                suffix = f"&after={after}" if after else ""
                answer = await door.call("GET", f"/api/documents/{collection}?take={page}{suffix}")
                if answer.status != 200:
                    raise SoakError(f"{self.id}: reading {collection} was answered {answer.status}: {answer.text()}")
                rows = json.loads(answer.body)
                for row in rows:
                    yield row
                if "link" not in answer.headers:
                    return
                after = rows[-1]["Id"]
        except NoAnswer as error:
            raise SoakError(f"{self.id}: reading {collection} had no answer: {error}") from error
        finally:
            door.close()
