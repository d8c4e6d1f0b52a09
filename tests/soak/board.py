"""What is shown: a line while it runs, a table at the end; and what the nodes cost the machine."""

import asyncio
import collections
import re
import sys
import time

from door import NoAnswer, NotTaken
from node_process import Sample, SoakError

NUMBERS = re.compile(r"\bnode-\d|\b\d[\d.]*")  # what tells two texts of one kind apart
LOOK_SECONDS = 1.0
LINE_SECONDS = 10.0
QUIET_LOOKS = 5
QUIET_SECONDS_MAX = 180


def most(one, other):
    """Of each value the greater one."""
    return other if one is None else one if other is None else Sample(*map(max, one, other))


class Board:
    """Looks at the nodes once a second, and keeps what each cost: while it warmed up, at most, and at the end."""

    def __init__(self, nodes, ledger, weather):
        self._nodes = nodes
        self._ledger = ledger
        self._weather = weather
        self._began = time.monotonic()
        self._lastLine = 0.0
        self._most = dict.fromkeys(nodes)
        self._warm = {}
        self._end = {}
        self._problems = collections.Counter()
        self.logKinds = {}

    async def watch(self):
        while True:
            for node in self._nodes:
                self._most[node] = most(self._most[node], node.sample())
            await self._countProblems()
            self._line()
            await asyncio.sleep(LOOK_SECONDS)

    async def _countProblems(self):
        """What the nodes say of their peers; a frozen node is not asked."""
        for node in self._nodes:
            if node.port is None or node.isFrozen:
                continue
            try:
                status = await asyncio.wait_for(node.ask("/api/replication/status"), LOOK_SECONDS)
            except (NoAnswer, NotTaken, SoakError, asyncio.TimeoutError):
                continue
            for text in problemsOf(status):
                self._problems[NUMBERS.sub("N", text)] += 1

    def _line(self):
        now = time.monotonic()
        ledger, counts = self._ledger, self._weather.counts
        nodeFaults = sum(count for name, count in counts.items() if name.startswith("SIG"))
        text = (
            f"{now - self._began:6.0f} s  {ledger.acknowledged} writes acknowledged, {ledger.uncertain} without an answer,"
            f" {ledger.refused} refused; {counts.total() - nodeFaults} faults of links, {nodeFaults} of nodes"
        )
        if sys.stdout.isatty():
            print(f"\r\x1b[2K{text}", end="", flush=True)
        elif now - self._lastLine >= LINE_SECONDS:
            self._lastLine = now
            print(text, flush=True)

    def note(self, text):
        start = "\r\x1b[2K" if sys.stdout.isatty() else ""
        print(f"{start}{time.monotonic() - self._began:6.0f} s  {text}", flush=True)

    # What the nodes cost.

    def noteWarm(self):
        """The most of each value up to now."""
        self._warm = dict(self._most)

    async def untilQuiet(self):
        """Until nothing that a node costs has shrunk for a while: kept connections end by their own time."""
        last, quiet, began = None, 0, time.monotonic()
        while quiet < QUIET_LOOKS and time.monotonic() - began < QUIET_SECONDS_MAX:
            await asyncio.sleep(LOOK_SECONDS)
            now = [node.sample()[1:] for node in self._nodes]
            quiet = quiet + 1 if now == last else 0
            last = now

    def noteEnd(self):
        self._end = {node: node.sample() for node in self._nodes}

    def complaints(self, memoryKb, descriptors, threads, walBytes):
        """Where a node costs more than at the beginning, by more than is allowed."""
        found = []
        for node in self._nodes:
            warm, end = self._warm[node], self._end[node]
            allowed = Sample(warm.memoryKb + memoryKb, warm.descriptors + descriptors, warm.threads + threads, walBytes)
            found += [
                f"{node.id}: {name} {value} at the end, {atFirst} after the warm-up, {bound} allowed"
                for name, value, atFirst, bound in zip(Sample._fields, end, warm, allowed)
                if value > bound
            ]
        return found

    def report(self, convergeSeconds):
        ledger, counts = self._ledger, self._weather.counts
        print("\nafter the warm-up (most) / at most / at the end")
        row = "  {:<8} {:>22} {:>17} {:>14} {:>24} {:>9} {:>9}"
        print(row.format("", "memory MB", "descriptors", "threads", "WAL KB", "start s", "stop s"))
        for node in self._nodes:
            values = list(zip(self._warm[node], self._most[node], self._end[node]))
            memory = " / ".join(f"{value / 1024:.1f}" for value in values[0])
            wal = " / ".join(str(value // 1024) for value in values[3])
            descriptors, threads = (" / ".join(map(str, three)) for three in values[1:3])
            print(row.format(node.id, memory, descriptors, threads, wal, f"{node.slowestStart:.2f}", f"{node.slowestStop:.2f}"))
        print(f"\nfaults: {', '.join(f'{count} {name}' for name, count in sorted(counts.items()))}")
        if self._problems:
            print("said of peers meanwhile, looking once a second:")
            for text, count in self._problems.most_common():
                print(f"  {count} times: {text}")
        for (level, line), count in sorted(self.logKinds.items()):
            print(f"in the logs, {count} times: {level}: {line[:160]}")
        print(
            f"\n{ledger.acknowledged} writes acknowledged, each is there; {ledger.uncertain} without an answer, each whole or"
            f" not at all; {ledger.refused} refused.\nAll agree {convergeSeconds:.1f} s after the last fault; stocks are exact."
        )


def problemsOf(value):
    """Every text under a key "CatchUpReason" in a status."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "CatchUpReason" and inner:
                yield inner
            else:
                yield from problemsOf(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from problemsOf(inner)
