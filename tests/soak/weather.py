"""The bad week: what happens to links and nodes, from a seed."""

import asyncio
import collections
import time

from link import HEALTHY, drawFault

FAULT_SECONDS = (0.2, 10.0)
LINK_PAUSE_SECONDS = (0.05, 0.8)
PARTITION_PAUSE_SECONDS = (3.0, 15.0)
NODE_PAUSE_SECONDS = (0.2, 3.0)
DOWN_SECONDS = (0.0, 4.0)


class Weather:
    """Makes faults of links, partitions and faults of nodes, each kind by a task, until it is told to clear up.

    The last node is never ended, only frozen: what leaks in a process shows where it lives long.
    """

    def __init__(self, nodes, links, chance, journalPath):
        self._nodes = nodes
        self._links = links
        self._chance = chance
        self._journal = journalPath.open("w", buffering=1)
        self._began = time.monotonic()
        self._faultSecondsMax = FAULT_SECONDS[1]  # a short run has short faults
        self._busyNodes = set()
        self._tasks = set()  # the makers, and the faults that are under way
        self.counts = collections.Counter()

    async def blow(self, seconds):
        """Makes faults for a while, and returns when every one of them has been taken back."""
        makers = (
            (LINK_PAUSE_SECONDS, self._linkFault),
            (PARTITION_PAUSE_SECONDS, self._partition),
            (NODE_PAUSE_SECONDS, self._nodeFault),
        )
        end = time.monotonic() + seconds
        self._faultSecondsMax = min(FAULT_SECONDS[1], seconds / 3)
        self._tasks = {asyncio.create_task(self._everySoOften(*maker, end)) for maker in makers}
        try:
            while self._tasks:
                done, _ = await asyncio.wait(self._tasks, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
                self._tasks -= done
                for task in done:
                    task.result()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._note("calm")

    async def _everySoOften(self, pauseSeconds, makeFault, end):
        while (left := end - time.monotonic()) > 0:
            await asyncio.sleep(min(left, self._chance.uniform(*pauseSeconds)))
            self._tasks.add(asyncio.create_task(makeFault()))

    def _note(self, text):
        self._journal.write(f"{time.strftime('%H:%M:%S')} {time.monotonic() - self._began:8.2f} {text}\n")

    def _duration(self):
        return self._chance.uniform(FAULT_SECONDS[0], self._faultSecondsMax)

    async def _linkFault(self):
        free = [link for link in self._links if not link.isFaulty]
        if not free:
            return
        link = self._chance.choice(free)
        fault = drawFault(self._chance)
        seconds = self._duration()
        self.counts[fault.name] += 1
        self._note(f"{link.source.id} to {link.target.id}: {fault}, {seconds:.1f} s")
        link.isFaulty = True
        await link.setFault(fault)
        await asyncio.sleep(seconds)
        await link.setFault(HEALTHY)
        link.isFaulty = False

    async def _partition(self):
        """A random part of the nodes hears nothing of the others; one at a time."""
        part = set(self._chance.sample(self._nodes, self._chance.randint(1, len(self._nodes) - 1)))
        crossing = [link for link in self._links if (link.source in part) != (link.target in part)]
        crossing = [link for link in crossing if not link.isCut]
        seconds = self._duration()
        self.counts["partition"] += 1
        self._note(f"partition of {sorted(node.id for node in part)}, {seconds:.1f} s")
        for link in crossing:
            link.setCut(True)
        await asyncio.sleep(seconds)
        for link in crossing:
            link.setCut(False)

    async def _nodeFault(self):
        free = [node for node in self._nodes if node not in self._busyNodes]
        if not free:
            return
        node = self._chance.choice(free)
        isMortal = node is not self._nodes[-1]
        kind = self._chance.choice(("kill", "kill", "stop", "freeze") if isMortal else ("freeze",))
        self._busyNodes.add(node)
        try:
            await {"kill": self._kill, "stop": self._stop, "freeze": self._freeze}[kind](node)
        finally:
            self._busyNodes.discard(node)

    async def _kill(self, node):
        self.counts["SIGKILL"] += 1
        self._note(f"{node.id}: SIGKILL")
        await node.kill()
        while self._chance.random() < 0.2:
            self.counts["SIGKILL while starting"] += 1
            await node.startAndKill(self._chance.uniform(0.0, 0.3))
        await self._startAgain(node)

    async def _stop(self, node):
        self.counts["SIGTERM"] += 1
        self._note(f"{node.id}: SIGTERM")
        await node.stop()
        await self._startAgain(node)

    async def _startAgain(self, node):
        await asyncio.sleep(self._chance.uniform(*DOWN_SECONDS))
        await node.start()
        self._note(f"{node.id}: serves on {node.port}")

    async def _freeze(self, node):
        seconds = self._duration()
        self.counts["SIGSTOP"] += 1
        self._note(f"{node.id}: SIGSTOP, {seconds:.1f} s")
        node.freeze()
        await asyncio.sleep(seconds)
        if node is not self._nodes[-1] and self._chance.random() < 0.2:
            await self._kill(node)  # what its kernel holds for it reaches nobody, or the next process's peers late
        else:
            node.thaw()
