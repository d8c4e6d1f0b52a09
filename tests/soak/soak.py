#!/usr/bin/env python3
"""Five nodes, a bad network between them, and writers that remember every answer.

Starts five real nodes, each with the four others as peers, every way from one to another through a faulty TCP proxy of
its own, and writes through all of them while links get slow, lose, go silent or refuse, the cluster falls apart, and
nodes are killed, frozen and restarted. Then the faults stop, and the nodes must prove that they agree, show every
acknowledged write, have exact stocks, and cost what they cost at the beginning.

Exit code: 0 if all of that is so; 1 otherwise, with what is wrong, and with data and logs kept. Called by `./dev soak`,
which builds the node first. Python's standard library only.
"""

import argparse
import asyncio
import collections
import json
import os
import pathlib
import random
import resource
import secrets
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import traceback

from board import NUMBERS, Board
from ledger import PRODUCTS, Copy, Ledger, productBody
from link import Link
from node_process import NodeProcess, SoakError
from weather import Weather
from writers import KINDS, Door, encoded

ROOT = pathlib.Path(__file__).resolve().parents[2]
NODES = 5
CONVERGE_SECONDS_MAX = 600
WARM_UP_SHARE = 0.2
WARM_UP_SECONDS_MAX = 120
COMPLAINTS_MAX = 40
CONFLICTS_A_PAGE = 1_000

# How far above the values of the warm-up a quiet node may end; the README says why.
MEMORY_GROWTH_MAX_KB = 32 * 1024
DESCRIPTORS_GROWTH_MAX = 16
THREADS_GROWTH_MAX = 0
WAL_BYTES_MAX = 24 * 1024 * 1024


class Soak:
    """The run: start, weather, calm, judgement."""

    def __init__(self, arguments, folder, seed):
        self._seconds = arguments.minutes * 60
        self._chance = random.Random(seed)
        self._folder = folder
        keys = {"root": secrets.token_hex(24), "replication": secrets.token_hex(24)}
        self.nodes = [NodeProcess(arguments.program, folder, index, keys) for index in range(NODES)]
        self._links = [
            Link(source, target, self._fork()) for source in self.nodes for target in self.nodes if source is not target
        ]
        for node in self.nodes:
            node.peers = [(link.target.id, link.url) for link in self._links if link.source is node]
        self._ledger = Ledger()
        self._weather = Weather(self.nodes, self._links, self._fork(), folder / "faults.log")
        self._writers = [
            kind(node, self._ledger, self._fork()) for node in self.nodes for kind in KINDS
        ]
        self._board = Board(self.nodes, self._ledger, self._weather)
        self._writing = []

    def _fork(self):
        """A chance of its own for each part, so that what one draws does not hang on another's speed."""
        return random.Random(self._chance.getrandbits(64))

    async def run(self):
        for link in self._links:
            await link.open()
        await asyncio.gather(*(node.start() for node in self.nodes))
        await self._stockUp()
        await self._converge("at the beginning")
        watching = asyncio.create_task(self._board.watch())
        self._writing = [asyncio.create_task(writer.run()) for writer in self._writers]
        try:
            warmUp = min(self._seconds * WARM_UP_SHARE, WARM_UP_SECONDS_MAX)
            asyncio.get_running_loop().call_later(warmUp, self._board.noteWarm)
            await self._blow()
            for writer in self._writers:
                writer.stop()
            await asyncio.gather(*self._writing)
        finally:
            watching.cancel()
            for task in self._writing:
                task.cancel()
        self._board.note("calm: waiting until all agree")
        seconds = await self._converge("after the faults")
        await self._judge()
        await self._board.untilQuiet()
        self._board.noteEnd()
        complaints = self._board.complaints(
            MEMORY_GROWTH_MAX_KB, DESCRIPTORS_GROWTH_MAX, THREADS_GROWTH_MAX, WAL_BYTES_MAX
        )
        await asyncio.gather(*(node.stop() for node in self.nodes))
        complaints += self._logComplaints() + self._fileComplaints()
        self._board.report(seconds)
        if complaints:
            raise SoakError("\n".join(complaints))

    async def _stockUp(self):
        door = Door(self.nodes[0])
        for product in PRODUCTS:
            answer = await door.call("PUT", f"/api/documents/products/{product}", encoded(productBody(product)))
            if answer.status != 200:
                raise SoakError(f"a product was answered {answer.status}: {answer.text()}")
        door.close()

    async def _blow(self):
        """The faults. What breaks in a writer ends them too."""
        weather = asyncio.create_task(self._weather.blow(self._seconds))
        try:
            done, _ = await asyncio.wait([weather, *self._writing], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            weather.cancel()

    async def _converge(self, when):
        """Waits until all digests are equal and every node says that it has proved so; in how many seconds."""
        began = time.monotonic()
        while True:
            for node in self.nodes:
                node.checkAlive()
            views = await asyncio.gather(*(node.ask("/api/convergence") for node in self.nodes))
            seconds = time.monotonic() - began
            if len({view["Digest"] for view in views}) == 1 and all(view["Converged"] for view in views):
                return seconds
            if seconds > CONVERGE_SECONDS_MAX:
                said = "\n".join(f"{node.id}: {json.dumps(view)}" for node, view in zip(self.nodes, views))
                raise SoakError(f"{when}, the nodes do not agree within {CONVERGE_SECONDS_MAX} s:\n{said}")
            await asyncio.sleep(0.1)

    async def _judge(self):
        """Every node shows what the ledger wants, and all list the same conflicts."""
        complaints = []
        lists = []
        for node in self.nodes:
            self._board.note(f"reading {node.id}")
            copy = await Copy.read(node)
            complaints += [f"{node.id}: {text}" for text in self._ledger.judge(copy)]
            shown = (await node.ask("/api/convergence"))["Documents"]
            if shown != copy.count():
                complaints.append(f"{node.id}: it counts {shown} documents and shows {copy.count()}")
            lists.append((await self._conflicts(node), copy.shared))
        if any(others != lists[0] for others in lists):
            complaints.append("the nodes list different conflicts, or show different shared documents")
        if complaints:
            more = len(complaints) - COMPLAINTS_MAX
            raise SoakError("\n".join(complaints[:COMPLAINTS_MAX] + [f"… and {more} more"] * (more > 0)))

    @staticmethod
    async def _conflicts(node):
        rows = []
        while True:
            page = await node.ask(f"/api/conflicts?skip={len(rows)}&take={CONFLICTS_A_PAGE}")
            rows += (json.dumps(row, sort_keys=True) for row in page["Conflicts"])
            if not page["Conflicts"] or len(rows) >= page["Total"]:
                return page["Total"], sorted(rows)

    def _logComplaints(self):
        kinds = collections.Counter()
        for node in self.nodes:
            for level, line in node.logLines():
                kinds[level, NUMBERS.sub("N", line.split(" ", 1)[-1])] += 1
        self._board.logKinds = kinds
        return [f"in the logs, {count} times: {line}" for (level, line), count in kinds.items() if level != "warning"]

    def _fileComplaints(self):
        complaints = []
        for node in self.nodes:
            if node.walBytes():
                complaints.append(f"{node.id}: {node.walBytes()} bytes of WAL are left after SIGTERM")
            for path in node.databaseFiles():
                connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
                (said,) = connection.execute("PRAGMA integrity_check").fetchone()
                connection.close()
                if said != "ok":
                    complaints.append(f"{node.id}: {path}: {said}")
        return complaints

    async def end(self):
        for task in self._writing:
            task.cancel()
        await asyncio.gather(*self._writing, return_exceptions=True)
        await asyncio.gather(*(node.end() for node in self.nodes))
        for link in self._links:
            link.close()


def parseArguments():
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__.split("\n\n")[1])
    parser.add_argument("--minutes", type=float, default=5.0, metavar="N", help="how long the faults last (5)")
    parser.add_argument("--seed", type=int, metavar="N", help="of the faults and of what is written; time stays real")
    parser.add_argument("--keep", action="store_true", help="keep data and logs also after a success")
    parser.add_argument(
        "--program",
        type=pathlib.Path,
        default=ROOT / "build/release/driftless",
        metavar="FILE",
        help="the node to run (build/release/driftless)",
    )
    return parser.parse_args()


async def play(soak):
    """Runs it; SIGTERM and Ctrl-C end it in order."""
    running = asyncio.create_task(soak.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    try:
        await running
    finally:
        await soak.end()


def allowDescriptors():
    """Proxies hold two for each connection."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 16_384) if most > 0 else 16_384, most))


def main():
    arguments = parseArguments()
    arguments.program = arguments.program.resolve()
    if not os.access(arguments.program, os.X_OK):
        print(f"soak: there is no program {arguments.program}; ./dev soak builds it", file=sys.stderr)
        return 1
    allowDescriptors()
    seed = arguments.seed if arguments.seed is not None else secrets.randbelow(1_000_000)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="driftless-soak-"))
    print(f"soak: {arguments.minutes:g} minutes of faults, seed {seed}, data and logs in {folder}", flush=True)
    succeeded = False

    async def whole():
        await play(Soak(arguments, folder, seed))

    try:
        asyncio.run(whole())
        succeeded = True
    except SoakError as problem:
        print(f"\nsoak: {problem}", file=sys.stderr)
    except Exception:  # a fault of the soak itself; what there is to see stays all the same
        traceback.print_exc()
    except asyncio.CancelledError:
        print("\nsoak: ended from outside", file=sys.stderr)
        shutil.rmtree(folder)
        return 130
    if succeeded and not arguments.keep:
        shutil.rmtree(folder)
    elif not succeeded:
        print(f"soak: FAILED. Data, logs and faults.log are in {folder}; --seed {seed}", file=sys.stderr)
    return 0 if succeeded else 1


if __name__ == "__main__":
    sys.exit(main())
