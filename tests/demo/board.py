"""The live table of the demo."""

import collections
import concurrent.futures
import sys
import time

from shop import DemoError

SETTLE_SECONDS_MAX = 120


State = collections.namedtuple("State", "documents pending conflicts digest converged reason")


class Board:
    """The table of the three copies. On a terminal it is drawn in place, elsewhere a line a change. Main thread."""

    _COLUMNS = "  {:<8} {:>10} {:>9} {:>10}   {}"
    _LINE_SECONDS = 1.0

    def __init__(self, nodes):
        self._nodes = nodes
        self._drawnLines = 0
        self._lastLine = ""
        self._lastLineTime = 0.0
        self._started = time.monotonic()
        self._pool = concurrent.futures.ThreadPoolExecutor(len(nodes))

    def title(self, text):
        self._drawnLines = 0
        print(f"\n{text}", flush=True)

    def states(self):
        """What each node says of itself. Pending is what some node has and this one has not, from the three vectors."""
        views = list(self._pool.map(lambda node: (node.convergence(), node.conflicts()), self._nodes))
        vectors = [flat(view["Vector"]) for view, _ in views]
        newest = {dot: max(vector.get(dot, 0) for vector in vectors) for vector in vectors for dot in vector}
        return [
            State(
                view["Documents"],
                sum(sequence - vector.get(dot, 0) for dot, sequence in newest.items()),
                len(conflicts),
                view["Digest"],
                view["Converged"],
                view.get("Reason") or "",
            )
            for (view, conflicts), vector in zip(views, vectors)
        ]

    def show(self, states, isLast=False):
        if sys.stdout.isatty():
            rows = [self._COLUMNS.format("", "documents", "pending", "conflicts", "digest")]
            rows += [
                self._COLUMNS.format(node.id, state.documents, state.pending, state.conflicts, state.digest)
                for node, state in zip(self._nodes, states)
            ]
            up = f"\x1b[{self._drawnLines}A" if self._drawnLines else ""
            print(up + "".join(f"\x1b[2K{row}\n" for row in rows), end="", flush=True)
            self._drawnLines = len(rows)
            return
        line = "  |  ".join(
            f"{node.id} documents {state.documents} pending {state.pending} conflicts {state.conflicts}"
            f" digest {state.digest[:8]}"
            for node, state in zip(self._nodes, states)
        )
        now = time.monotonic()
        if line != self._lastLine and (isLast or now - self._lastLineTime >= self._LINE_SECONDS):
            print(f"  {now - self._started:6.1f} s  {line}", flush=True)
            self._lastLine = line
            self._lastLineTime = now

    def follow(self, tasks):
        """Draws until all tasks are done; the first error among them is raised."""
        while True:
            done, pending = concurrent.futures.wait(tasks, timeout=0.2, return_when=concurrent.futures.FIRST_EXCEPTION)
            for task in done:
                task.result()
            self.show(self.states(), isLast=not pending)
            if not pending:
                return

    def settle(self, isSettled, what):
        """Draws until `isSettled(states)`; a DemoError with the last states when that takes too long."""
        deadline = time.monotonic() + SETTLE_SECONDS_MAX
        while True:
            states = self.states()
            settled = isSettled(states)
            self.show(states, isLast=settled)
            if settled:
                return states
            if time.monotonic() > deadline:
                said = [f"{node.id}: {state.reason or 'converged'}" for node, state in zip(self._nodes, states)]
                raise DemoError(f"{what} did not happen within {SETTLE_SECONDS_MAX} s ({'; '.join(said)})")
            time.sleep(0.1)


def flat(vector):
    """{origin: {incarnation: sequence}} as {(origin, incarnation): sequence}."""
    return {(origin, incarnation): sequence for origin, dots in vector.items() for incarnation, sequence in dots.items()}


def allAgree(states):
    """Equal digests, and every node says of itself that it has proved it."""
    return len({state.digest for state in states}) == 1 and all(state.converged for state in states)
