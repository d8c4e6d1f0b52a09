"""The shop's data, and the ledger of what was sold."""

import collections
import json
import threading
from decimal import Decimal

DATABASE = "shop"  # the database of the nodes that all of this is about


class DemoError(Exception):
    """Something is not as it must be; the text says what, and names the documents."""


Document = collections.namedtuple("Document", "id text row")
Sale = collections.namedtuple("Sale", "product quantity")


class Shop:
    """The data of a folder, and the ledger: what every product's stock must be. Any thread."""

    def __init__(self, folder):
        self.products = self._read(folder / "products.ndjson")
        self.customers = self._read(folder / "customers.ndjson")
        self.orders = self._read(folder / "orders.ndjson")
        if len(self.products) < 8:
            raise DemoError(f"{folder}: the demo wants 8 products at least")
        self._stock = {product.id: product.row["stock"] for product in self.products}
        self._lock = threading.Lock()
        self.salesCount = 0
        self.piecesSold = 0
        for order in self.orders:
            for line in order.row["lines"]:
                if line["product"] not in self._stock:
                    raise DemoError(f"{folder}: {order.id} sells {line['product']}, which is no product")

    @staticmethod
    def _read(path):
        """The documents of a file. Their bytes stay as they are but for the name of `_id`, which is `Id` in the API."""
        documents = []
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                row = json.loads(line, parse_float=Decimal)
                text = line.strip().replace('"_id"', '"Id"', 1)
                if json.loads(text).get("Id") != row.get("_id") or not isinstance(row.get("_id"), str):
                    raise DemoError(f"{path}:{number}: `_id` must be the first name of the document, and a text")
                documents.append(Document(row["_id"], text, row))
        return documents

    @staticmethod
    def salesOf(order):
        return [Sale(line["product"], line["quantity"]) for line in order.row["lines"]]

    def enter(self, sales):
        """Notes sales that a node has acknowledged."""
        with self._lock:
            for sale in sales:
                self._stock[sale.product] -= sale.quantity
                self.piecesSold += sale.quantity
                self.salesCount += 1

    def stock(self):
        with self._lock:
            return dict(self._stock)


def exact(text):
    """JSON with its numbers as they are written, so that 1.0 and 1.00 differ."""
    return json.loads(text, parse_float=str, parse_int=str)
