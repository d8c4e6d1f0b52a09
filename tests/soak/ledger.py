"""What was asked of the nodes, what they said, and what they must show therefore."""

import collections
import json

# What must be seen of a document that is written once, and perhaps deleted once.
ABSENT = (False,)
PRESENT = (True,)
EITHER = (False, True)  # the last write has no answer

STOCK_AT_FIRST = 1_000_000
PRODUCTS = [f"p{number}" for number in range(12)]
TALLIES = [f"t{number}" for number in range(6)]
SHARED = [f"s{number}" for number in range(30)]

Batch = collections.namedtuple("Batch", "lines deleted stock isCertain")


def orderBody(orderId):
    """The body of an order follows from its id, so nobody has to remember it."""
    number = int(orderId.rsplit("-", 1)[1])
    return {
        "Id": orderId,
        "customer": f"customer {number % 97}",
        "total": number * 7 / 100,
        "note": "Dinçer & Søn: weiß, süß. " * (number * 7_919 % 60),
        "lines": [{"product": PRODUCTS[number % len(PRODUCTS)], "quantity": number % 5}],
    }


def lineBody(lineId):
    return {"Id": lineId, "text": f"line of {lineId}", "price": 3.8}


def productBody(product):
    return {"Id": product, "name": f"Product {product}", "stock": STOCK_AT_FIRST}


class Ledger:
    """Of all writers together. What has no answer is never touched again by its writer, so that it stays decidable."""

    def __init__(self):
        self.orders = {}  # id -> ABSENT, PRESENT, EITHER
        self.records = {}  # id -> the bodies that may show, None for nothing
        self.batches = {}  # id of the sale -> Batch
        self.talliesLeast = collections.Counter()
        self.talliesOpen = collections.Counter()  # additions that nobody answered
        self.acknowledged = 0
        self.uncertain = 0
        self.refused = 0

    def judge(self, copy):
        """Complaints about what a node shows, a Copy."""
        yield from self._judgeOrders(copy)
        yield from self._judgeRecords(copy)
        yield from self._judgeBatches(copy)
        yield from self._judgeTallies(copy)

    def _judgeOrders(self, copy):
        for orderId, allowed in self.orders.items():
            if (orderId in copy.orders) not in allowed:
                yield f"orders/{orderId} {'is missing' if PRESENT == allowed else 'is there in spite of its deletion'}"
        for orderId in copy.orders:
            if orderId not in self.orders:
                yield f"orders/{orderId} was never written"
        for orderId in copy.wrongOrders:
            yield f"orders/{orderId} has another body than was written"

    def _judgeRecords(self, copy):
        for recordId, allowed in self.records.items():
            if copy.records.get(recordId) not in allowed:
                yield f"records/{recordId} is {copy.records.get(recordId)}, must be one of {allowed}"
        for recordId in copy.records.keys() - self.records.keys():
            yield f"records/{recordId} was never written"

    def _judgeBatches(self, copy):
        """The sale of a batch tells whether the batch was taken, and everything else in it follows."""
        stock = collections.Counter({product: STOCK_AT_FIRST for product in PRODUCTS})
        lines = set()
        deleted = set()
        for saleId, batch in self.batches.items():
            if saleId in copy.sales:
                stock.update(batch.stock)
                lines.update(batch.lines)
                deleted.update(batch.deleted)
                if copy.sales[saleId] != batch.stock:
                    yield f"sales/{saleId} is {copy.sales[saleId]}, must be {batch.stock}"
            elif batch.isCertain:
                yield f"sales/{saleId} is missing"
        for saleId in copy.sales.keys() - self.batches.keys():
            yield f"sales/{saleId} was never written"
        lines -= deleted
        for lineId in lines - copy.lines:
            yield f"lines/{lineId} is missing, but the sale of its batch is there"
        for lineId in copy.lines - lines:
            yield f"lines/{lineId} is there, but its batch is not, or it was deleted"
        for product in PRODUCTS:
            if copy.products.get(product) != productBody(product) | {"stock": stock[product]}:
                yield f"products/{product} is {copy.products.get(product)}; the sales leave a stock of {stock[product]}"

    def _judgeTallies(self, copy):
        for tally in TALLIES:
            value = copy.tallies.get(tally, 0)
            least, open_ = self.talliesLeast[tally], self.talliesOpen[tally]
            if not least <= value <= least + open_:
                yield f"tallies/{tally} is {value}, must be from {least} to {least + open_}"


class Copy:
    """What a node shows, as far as the ledger wants to know."""

    def __init__(self):
        self.orders = set()
        self.wrongOrders = []
        self.records = {}
        self.sales = {}
        self.lines = set()
        self.products = {}
        self.tallies = {}
        self.shared = {}

    @staticmethod
    async def read(node):
        copy = Copy()
        async for row in node.documents("orders"):
            copy.orders.add(row["Id"])
            if row != orderBody(row["Id"]):
                copy.wrongOrders.append(row["Id"])
        async for row in node.documents("lines"):
            copy.lines.add(row["Id"] if row == lineBody(row["Id"]) else f"{row['Id']} with another body")
        copy.records = {row["Id"]: row async for row in node.documents("records")}
        copy.sales = {row["Id"]: row["stock"] async for row in node.documents("sales")}
        copy.products = {row["Id"]: row async for row in node.documents("products")}
        copy.tallies = {row["Id"]: row["n"] async for row in node.documents("tallies")}
        copy.shared = {row["Id"]: json.dumps(row) async for row in node.documents("shared")}
        return copy

    def count(self):
        kinds = (self.orders, self.records, self.sales, self.lines, self.products, self.tallies, self.shared)
        return sum(len(kind) for kind in kinds)
