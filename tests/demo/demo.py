#!/usr/bin/env python3
"""Three tills take a shop's orders, are cut off from each other, go on selling, meet again, and prove that they agree.

Starts three real nodes on this machine, each with the two others as peers, and writes a shop's data (products,
customers, orders: one JSON document a line) through all three at once; every order line lowers the stock of its product
by a counter. Then the third node is cut off by the API, and on both sides of the cut products are edited, deleted and
sold. After the healing a live table shows the three copies until their digests are equal; what they hold is then
compared with a ledger that this program keeps for itself.

Exit code: 0 if all three agree and every product's stock is exactly what the sales leave; 1 otherwise, with the
documents at fault named. Called by `./dev demo`, which builds the node first. Python's standard library only.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import secrets
import shutil
import signal
import sys
import tempfile
from decimal import Decimal

from board import Board, allAgree
from node import Node
from shop import DATABASE, DemoError, Sale, Shop, exact

ROOT = pathlib.Path(__file__).resolve().parents[2]
NODES = 3
TILLS_A_NODE = 3  # threads that sell through one node
ORDERS_A_BATCH = 20
SALES_A_TILL = 60  # while the cut lasts


class Demo:
    """The acts of the play, in order. Main thread; each act has threads of its own."""

    def __init__(self, shop, nodes):
        self._shop = shop
        self._nodes = nodes
        self._board = Board(nodes)
        # The products that both sides of the cut will edit, and what each wrote: (product, member) -> values.
        self._apart, self._same, self._deletedLater, self._deletedFirst = (product.id for product in shop.products[:4])
        self._edits = {}

    def run(self):
        shop = self._shop
        self._board.title(f"1  {len(shop.products)} products, {len(shop.customers)} customers, a third through each node")
        self._act([(self._deliver, index) for index in range(NODES)])
        self._settleAll("that every node has the goods")

        self._board.title(f"2  {len(shop.orders)} orders through all three at once; every line lowers a stock")
        self._act([(self._takeOrders, *till) for till in self._tills()])
        self._settleAll("that every node has the orders")
        self._compareStock()

        self._board.title(f"3  {self._nodes[2].id} is cut off; both sides edit, delete and sell")
        self._setCut(isActive=False)
        self._act([(self._sellApart, *till) for till in self._tills()] + [(self._editApart,)])
        self._checkCut()

        self._board.title("4  The cut heals")
        self._setCut(isActive=True)
        states = self._settleAll("that all three agree again")
        self._checkOutcome()
        self._report(states)

    def _act(self, parts):
        """Plays all parts, a function with its arguments each, at once; each has a thread, and so a connection, of its own."""
        with concurrent.futures.ThreadPoolExecutor(len(parts)) as pool:
            self._board.follow([pool.submit(*part) for part in parts])

    # Acts 1 and 2: the data.

    def _tills(self):
        return [(index, till) for till in range(TILLS_A_NODE) for index in range(NODES)]

    def _deliver(self, index):
        """A node's third of the products and customers, each node by another door."""
        node = self._nodes[index]
        goods = [("products", document) for document in self._shop.products[index::NODES]]
        goods += [("customers", document) for document in self._shop.customers[index::NODES]]
        if index == 1:
            node.batch(goods, [])
            return
        for collection, document in goods:
            (node.put if index == 0 else node.post)(collection, document)

    def _takeOrders(self, index, till):
        """A till's share of the orders: at node-1 a PUT and a PATCH a line, at node-2 many in a batch, at node-3 one in a batch."""
        node = self._nodes[index]
        orders = self._shop.orders[index::NODES][till::TILLS_A_NODE]
        if index == 0:
            for order in orders:
                node.put("orders", order)
                for sale in Shop.salesOf(order):
                    node.sell(sale)
                    self._shop.enter([sale])
            return
        size = ORDERS_A_BATCH if index == 1 else 1
        for first in range(0, len(orders), size):
            some = orders[first : first + size]
            sales = [sale for order in some for sale in Shop.salesOf(order)]
            node.batch([("orders", order) for order in some], sales)
            self._shop.enter(sales)

    # Act 3: the cut.

    def _setCut(self, isActive):
        *left, right = self._nodes
        for node in left:
            node.setPeer(right, isActive)
            right.setPeer(node, isActive)

    def _sellApart(self, index, till):
        """Baskets of one to three products; the same products are sold on both sides."""
        node = self._nodes[index]
        chance = random.Random(f"{index} {till}")
        deleted = (self._deletedLater, self._deletedFirst)
        onSale = [product.id for product in self._shop.products if product.id not in deleted]
        for _ in range(SALES_A_TILL):
            basket = [Sale(product, chance.randint(1, 3)) for product in chance.sample(onSale, chance.randint(1, 3))]
            if len(basket) == 1:
                node.sell(basket[0])
            else:
                node.batch([], basket)
            self._shop.enter(basket)

    def _editApart(self):
        """Different members of one product, the same member of another, and a deletion against an edit in both orders."""
        left, right = self._nodes[0], self._nodes[2]
        rows = {product.id: product.row for product in self._shop.products}
        self._edit(left, self._apart, "price", rows[self._apart]["price"] + Decimal("0.25"))
        self._edit(right, self._apart, "unit", f"{rows[self._apart]['unit']}, new label")
        self._edit(left, self._same, "price", rows[self._same]["price"] + Decimal("0.50"))
        self._edit(right, self._same, "price", rows[self._same]["price"] + Decimal("1.75"))
        self._edit(left, self._deletedLater, "reorderLevel", rows[self._deletedLater]["reorderLevel"] + 7)
        right.delete("products", self._deletedLater)
        left.delete("products", self._deletedFirst)
        self._edit(right, self._deletedFirst, "reorderLevel", rows[self._deletedFirst]["reorderLevel"] + 8)

    def _edit(self, node, product, member, value):
        text = json.dumps(value) if isinstance(value, str) else str(value)
        node.patch("products", product, f"{{{json.dumps(member)}:{text}}}")
        self._edits.setdefault((product, member), []).append(exact(text))

    def _checkCut(self):
        """The two on one side agree; the third has not what they wrote, nor they what it wrote."""

        def leftAgrees(states):
            return states[0].digest == states[1].digest and states[0].pending == states[1].pending

        states = self._board.settle(leftAgrees, f"that {self._nodes[0].id} and {self._nodes[1].id} agree")
        if any(state.pending == 0 for state in states) or states[2].digest == states[0].digest:
            raise DemoError("the cut did not cut: operations crossed it")

    # Act 4: the proof.

    def _settleAll(self, what):
        try:
            return self._board.settle(allAgree, what)
        except DemoError as error:
            differing = self._differing()
            if not differing:
                raise
            raise DemoError(f"{error}\n{describe('differs between the nodes', differing)}") from error

    def _differing(self):
        """The documents that are not the same on all three nodes, as `collection/id`."""
        copies = [
            {
                (name, documentId): json.dumps(row)
                for name in node.collections()
                for documentId, row in node.documents(name).items()
            }
            for node in self._nodes
        ]
        ids = {key for copy in copies for key in copy}
        return sorted("/".join(key) for key in ids if len({copy.get(key) for copy in copies}) > 1)

    def _compareStock(self):
        """Every product that a node shows has exactly the stock that the sales leave."""
        wrong = []
        for node in self._nodes:
            shown = node.documents("products")
            wrong += [
                f"products/{product} on {node.id}: stock {shown[product].get('stock')}, the sales leave {stock}"
                for product, stock in self._shop.stock().items()
                if product in shown and Decimal(shown[product].get("stock", "NaN")) != stock
            ]
        if wrong:
            raise DemoError(describe("has a wrong stock", wrong))

    def _checkOutcome(self):
        self._compareStock()
        faults = self._differing()
        for node in self._nodes:
            faults += self._faultsOf(node)
        if faults:
            raise DemoError(describe("is not as it was written", faults))
        self._checkConflicts()

    def _faultsOf(self, node):
        """What one node shows otherwise than it was written."""
        faults = []
        for collection, written in (("customers", self._shop.customers), ("orders", self._shop.orders)):
            shown = node.documents(collection)
            faults += [
                f"{collection}/{document.id} on {node.id}"
                for document in written
                if shown.get(document.id) != exact(document.text)
            ]
        products = node.documents("products")
        for product in self._shop.products:
            if product.id in products:
                faults += self._faultsOfProduct(node, product, products[product.id])
            elif product.id not in (self._deletedLater, self._deletedFirst):
                faults.append(f"products/{product.id} on {node.id}: missing")
        return faults

    def _faultsOfProduct(self, node, product, shown):
        """Every member but the stock is as delivered, or as one of its editors wrote it."""
        faults = []
        for member, delivered in exact(product.text).items():
            allowed = self._edits.get((product.id, member), [delivered])
            if member != "stock" and shown.get(member) not in allowed:
                written = " or ".join(map(str, allowed))
                faults.append(f"products/{product.id} on {node.id}: {member} is {shown.get(member)}, not {written}")
        return faults

    def _checkConflicts(self):
        """What collided across the cut is listed, on every node alike."""
        expected = {
            ("products", self._same, "price"),
            ("products", self._deletedLater, "*"),
            ("products", self._deletedFirst, "*"),
        }
        lists = [set(node.conflicts()) for node in self._nodes]
        faults = [
            f"{collection}/{documentId} ({member}) on {node.id}"
            for node, listed in zip(self._nodes, lists)
            for collection, documentId, member in sorted((expected | set.union(*lists)) - listed)
        ]
        if faults:
            raise DemoError(describe("is a conflict that is not listed", faults))

    def _report(self, states):
        left, right = self._nodes[0], self._nodes[2]
        shown = left.documents("products")
        apart, same = shown[self._apart], shown[self._same]
        prices = " and ".join(self._edits[self._same, "price"])
        print("\nWhat became of the edits on both sides of the cut, on all three nodes alike:")
        print(f"  {self._apart}: price {apart['price']} of {left.id}, unit '{apart['unit']}' of {right.id}: both stay")
        print(f"  {self._same}: of the prices {prices}, {same['price']} shows; the other is listed as a conflict")
        for product, story in (
            (self._deletedLater, f"edited on {left.id}, then deleted on {right.id}"),
            (self._deletedFirst, f"deleted on {left.id}, then edited on {right.id}"),
        ):
            print(f"  {product}: {story}: {'it stays' if product in shown else 'it is gone'}; the other side is listed")
        print(
            f"\nAll three agree: {states[0].documents} documents, digest {states[0].digest}.\n"
            f"{self._shop.salesCount} sales took {self._shop.piecesSold} pieces; every product's stock is exact on every node."
        )


def describe(verdict, names, most=40):
    """A list for people: every name on a line of its own, at most `most` of them."""
    lines = [f"  {name}" for name in names[:most]]
    if len(names) > most:
        lines.append(f"  … and {len(names) - most} more")
    return "\n".join([f"{verdict}:"] + lines)


def parseArguments():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__.split("\n\n")[1])
    parser.add_argument(
        "--data",
        type=pathlib.Path,
        default=ROOT / "resources/samples/shop",
        metavar="DIR",
        help="another shop: products, customers and orders.ndjson of the same shape",
    )
    parser.add_argument("--keep", action="store_true", help="leave the nodes running and say how to reach them")
    parser.add_argument("--ports", type=int, default=17001, metavar="N", help="the first of the three ports (17001)")
    parser.add_argument(
        "--program",
        type=pathlib.Path,
        default=ROOT / "build/release/driftless",
        metavar="FILE",
        help="the node to run (build/release/driftless)",
    )
    return parser.parse_args()


def leaveRunning(nodes, folder, keys):
    headers = folder / "curl-headers"
    headers.touch(mode=0o600)
    headers.write_text(f"ApiKey: {keys['root']}\nDatabase: {DATABASE}\n")
    print("\nThe nodes go on running:")
    for node in nodes:
        print(f"  {node.id}  process {node.process.pid}  {node.url}  curl -H @{headers} {node.url}/api/convergence")
    print(f"Stop them and forget them with: kill {' '.join(str(node.process.pid) for node in nodes)}; rm -r {folder}")


def cleanUp(nodes, folder, succeeded):
    """Stops the nodes. After a failure their data and logs stay, and a node that ended by itself is named."""
    for node in nodes:
        if not succeeded and node.process is not None and not node.isRunning():
            print(f"\n{node.id} ended with code {node.process.returncode}:\n{node.logTail()}", file=sys.stderr)
        node.stop()
    if succeeded or all(node.process is None for node in nodes):
        shutil.rmtree(folder)
    else:
        print(f"\nData and logs of the nodes are in {folder}", file=sys.stderr)


def main():
    arguments = parseArguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    program = arguments.program.resolve()
    if not os.access(program, os.X_OK):
        raise DemoError(f"there is no program {program}; ./dev demo builds it")
    shop = Shop(arguments.data)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="driftless-demo-"))
    keys = {"root": secrets.token_hex(24), "replication": secrets.token_hex(24)}
    nodes = [Node(program, folder, index, arguments.ports + index, keys) for index in range(NODES)]
    succeeded = False
    try:
        for node in nodes:
            node.start([peer for peer in nodes if peer is not node])
        for node in nodes:
            node.waitUntilReady()
        Demo(shop, nodes).run()
        succeeded = True
    finally:
        if arguments.keep and all(node.isRunning() for node in nodes):
            leaveRunning(nodes, folder, keys)
        else:
            cleanUp(nodes, folder, succeeded)


if __name__ == "__main__":
    try:
        main()
    except (DemoError, OSError) as problem:
        print(f"\ndemo: {problem}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
