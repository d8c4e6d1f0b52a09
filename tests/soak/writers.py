"""Clients that write without end, and note in the ledger what they were told."""

import asyncio
import json

from door import Door, NoAnswer, NotTaken
from ledger import ABSENT, EITHER, PRESENT, PRODUCTS, SHARED, TALLIES, Batch, lineBody, orderBody
from node_process import SoakError

PAUSE_SECONDS_MEAN = 0.03
CUT_OFF_CHANCE = 0.01
RECORDS_A_WRITER = 20
LINES_MAX = 30
LINES_KEPT = 400


def encoded(value):
    return json.dumps(value, ensure_ascii=False).encode()


class Writer:
    """One client of one node. Sub-classes say what it writes; none writes again what it had no answer about."""

    def __init__(self, node, ledger, chance):
        self.name = f"{node.id}-{type(self).__name__.lower()}"
        self._node = node
        self._door = Door(node)
        self._ledger = ledger
        self._chance = chance
        self._number = 0
        self._isStopping = False

    def stop(self):
        self._isStopping = True

    async def run(self):
        try:
            while not self._isStopping:
                await asyncio.sleep(self._chance.expovariate(1 / PAUSE_SECONDS_MEAN))
                await self._node.up()
                await self._write()
        finally:
            self._door.close()

    def _nextId(self):
        self._number += 1
        return f"{self.name}-{self._number:07}"

    async def _ask(self, method, path, body=None, headers=(), refusal=None):
        """The answer if the node did it; None if it cannot have done it; NoAnswer if nobody knows.

        `refusal`: the status that must come instead of success.
        """
        isCutOff = refusal is None and self._chance.random() < CUT_OFF_CHANCE
        try:
            answer = await self._door.call(method, path, body, headers, isCutOff)
        except NotTaken:
            return None
        except NoAnswer:
            self._ledger.uncertain += 1
            raise
        except asyncio.TimeoutError:
            raise SoakError(f"{self._node.id}: {method} {path} has no answer, and the connection stays") from None
        if answer.status == 503:  # busy, or about to end: refused before anything was done
            self._ledger.refused += 1
            return None
        if answer.status != (refusal or 200):
            raise SoakError(f"{self._node.id}: {method} {path} was answered {answer.status}: {answer.text()}")
        self._ledger.acknowledged += refusal is None
        return answer


class Orders(Writer):
    """Documents that are written once, and some of them deleted once."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._written = []

    async def _write(self):
        if self._written and self._chance.random() < 0.2:
            orderId = self._written.pop(self._chance.randrange(len(self._written)))
            await self._note(orderId, PRESENT, ABSENT, "DELETE", f"/api/documents/orders/{orderId}")
            return
        orderId = self._nextId()
        body = encoded(orderBody(orderId))
        if self._chance.random() < 0.5:
            request = ("PUT", f"/api/documents/orders/{orderId}", body, ["If-None-Match: *"])
        else:
            request = ("POST", "/api/documents/orders", body)
        if await self._note(orderId, ABSENT, PRESENT, *request) and len(self._written) < LINES_KEPT:
            self._written.append(orderId)

    async def _note(self, orderId, before, after, *request):
        self._ledger.orders[orderId] = EITHER
        try:
            isDone = await self._ask(*request) is not None
        except NoAnswer:
            return False
        self._ledger.orders[orderId] = after if isDone else before
        return isDone


class Records(Writer):
    """Documents that only this writer changes: whole, in part, and by deletion; sometimes under a condition."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._open = [(self._nextId(), None) for _ in range(RECORDS_A_WRITER)]  # id, ETag if it exists
        for recordId, _ in self._open:
            self._ledger.records[recordId] = [None]
        self._step = 0

    async def _write(self):
        index = self._chance.randrange(len(self._open))
        recordId, tag = self._open[index]
        shown = self._ledger.records[recordId][0]
        path = f"/api/documents/records/{recordId}"
        if tag and self._chance.random() < 0.03:
            stale = '"00000000000000000000000000000001"'
            await self._refused("PUT", path, encoded({"stale": True}), [f"If-Match: {stale}"])
            return
        conditions = [f"If-Match: {tag}"] if tag and self._chance.random() < 0.3 else []
        self._step += 1
        after, request = self._drawChange(recordId, shown, path, conditions)
        self._ledger.records[recordId] = [shown, after]
        try:
            answer = await self._ask(*request)
        except NoAnswer:  # nobody writes it again
            fresh = self._nextId()
            self._ledger.records[fresh] = [None]
            self._open[index] = (fresh, None)
            return
        if answer is None:
            self._ledger.records[recordId] = [shown]
            return
        self._ledger.records[recordId] = [after]
        self._open[index] = (recordId, answer.headers.get("etag") if after is not None else None)

    async def _refused(self, *request):
        try:
            await self._ask(*request, refusal=412)
        except NoAnswer:
            pass  # refused or not asked: nothing changes either way

    def _drawChange(self, recordId, shown, path, conditions):
        kind = self._chance.random()
        if shown is not None and kind < 0.1:
            return None, ("DELETE", path, None, conditions)
        if shown is not None and kind < 0.55:
            members = {f"m{self._chance.randrange(6)}": self._step, "step": self._step}
            return shown | members, ("PATCH", path, encoded(members), conditions)
        body = {"Id": recordId, "step": self._step, "text": "x" * self._chance.randrange(300)}
        return body, ("PUT", path, encoded(body), conditions)


class Batches(Writer):
    """Sales: one document that names the batch, its lines, additions to stocks, and now and then old lines deleted."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._lines = []

    async def _write(self):
        saleId = self._nextId()
        lines = [f"{saleId}-{number}" for number in range(self._chance.randint(1, LINES_MAX))]
        self._chance.shuffle(self._lines)
        count = max(self._chance.randint(0, 10), len(self._lines) - LINES_KEPT)
        deleted, self._lines = self._lines[:count], self._lines[count:]
        products = self._chance.sample(PRODUCTS, self._chance.randint(1, 3))
        stock = {product: self._chance.choice((-3, -2, -1, 1, 2)) for product in products}
        operations = [self._put("sales", saleId, {"stock": stock})]
        operations += [self._put("lines", line, lineBody(line)) for line in lines]
        operations += [{"Op": "delete", "Collection": "lines", "Id": line} for line in deleted]
        operations += [
            {"Op": "patch", "Collection": "products", "Id": product, "Body": {"stock": {"$inc": addition}}}
            for product, addition in stock.items()
        ]
        self._chance.shuffle(operations)
        self._ledger.batches[saleId] = Batch(lines, deleted, stock, isCertain=False)
        try:
            answer = await self._ask("POST", "/api/batch", encoded({"Operations": operations}))
        except NoAnswer:
            return  # the deleted lines are as uncertain as the rest and are not touched again
        if answer is None:
            del self._ledger.batches[saleId]
            self._lines += deleted
            return
        self._ledger.batches[saleId] = Batch(lines, deleted, stock, isCertain=True)
        self._lines += lines

    @staticmethod
    def _put(collection, documentId, body):
        return {"Op": "put", "Collection": collection, "Id": documentId, "Body": body}


class Crowd(Writer):
    """What the writers of all nodes write at once: counters, and documents that end up equal, whatever that is."""

    async def _write(self):
        if self._chance.random() < 0.4:
            await self._count()
            return
        path = f"/api/documents/shared/{self._chance.choice(SHARED)}"
        kind = self._chance.random()
        try:
            if kind < 0.15:
                await self._delete(path)
            elif kind < 0.6:
                member = f"m{self._chance.randrange(4)}"
                await self._ask("PATCH", path, encoded({member: self._chance.randrange(1_000_000)}))
            else:
                body = {f"m{member}": self._chance.randrange(1_000) for member in range(self._chance.randint(1, 4))}
                await self._ask("PUT", path, encoded(body | {"by": self.name}))
        except NoAnswer:
            pass

    async def _delete(self, path):
        await self._ask("PATCH", path, encoded({"m0": 0}))  # so that there is something to delete, mostly
        try:
            await self._ask("DELETE", path)
        except SoakError as error:
            if "was answered 404" not in str(error):
                raise

    async def _count(self):
        tally = self._chance.choice(TALLIES)
        addition = self._chance.randint(1, 5)
        self._ledger.talliesOpen[tally] += addition
        request = ("PATCH", f"/api/documents/tallies/{tally}", encoded({"n": {"$inc": addition}}))
        try:
            answer = await self._ask(*request)
        except NoAnswer:
            return
        self._ledger.talliesOpen[tally] -= addition
        if answer is not None:
            self._ledger.talliesLeast[tally] += addition


KINDS = (Orders, Records, Batches, Crowd)
