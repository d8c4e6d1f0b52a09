"""The judge condemns what it must: a judge that never did proves nothing."""

import copy
import unittest

import ledger as soak


class LedgerTest(unittest.TestCase):
    """A ledger with one of each, the copy that is right, and one wrong at a time."""

    def setUp(self):
        self.ledger = soak.Ledger()
        self.ledger.orders = {"w-1": soak.PRESENT, "w-2": soak.ABSENT, "w-3": soak.EITHER}
        self.ledger.records = {"r-1": [{"Id": "r-1", "step": 2}], "r-2": [{"Id": "r-2", "step": 1}, None]}
        self.ledger.batches = {
            "b-1": soak.Batch(["b-1-0", "b-1-1"], [], {"p1": -3}, isCertain=True),
            "b-2": soak.Batch(["b-2-0"], ["b-1-0"], {"p1": 2, "p2": 1}, isCertain=False),
        }
        self.ledger.talliesLeast["t1"] = 5
        self.ledger.talliesOpen["t1"] = 2
        self.right = soak.Copy()
        self.right.orders = {"w-1"}
        self.right.records = {"r-1": {"Id": "r-1", "step": 2}}
        self.right.sales = {"b-1": {"p1": -3}}
        self.right.lines = {"b-1-0", "b-1-1"}
        self.right.products = {product: soak.productBody(product) for product in soak.PRODUCTS}
        self.right.products["p1"]["stock"] -= 3
        self.right.tallies = {"t1": 6}

    def complaints(self, spoil=lambda shown: None):
        shown = copy.deepcopy(self.right)
        spoil(shown)
        return list(self.ledger.judge(shown))

    def take(self, shown):
        """The batch without an answer was taken after all."""
        shown.sales["b-2"] = {"p1": 2, "p2": 1}
        shown.lines = {"b-1-1", "b-2-0"}
        shown.products["p1"]["stock"] += 2
        shown.products["p2"]["stock"] += 1

    def testWhatIsRightIsRight(self):
        self.assertEqual(self.complaints(), [])
        self.assertEqual(self.complaints(self.take), [])
        self.assertEqual(self.complaints(lambda shown: shown.orders.add("w-3")), [])
        self.assertEqual(self.complaints(lambda shown: shown.records.update({"r-2": {"Id": "r-2", "step": 1}})), [])

    def testEachWrongIsSeen(self):
        def halfTaken(shown):
            self.take(shown)
            shown.lines.remove("b-2-0")

        def takenWithoutDeletion(shown):
            self.take(shown)
            shown.lines.add("b-1-0")

        wrongs = {
            "an order lost": lambda shown: shown.orders.remove("w-1"),
            "a deletion lost": lambda shown: shown.orders.add("w-2"),
            "an order of nobody": lambda shown: shown.orders.add("w-9"),
            "another body": lambda shown: shown.wrongOrders.append("w-1"),
            "a record lost": lambda shown: shown.records.pop("r-1"),
            "an old record": lambda shown: shown.records["r-1"].update(step=1),
            "a sale lost": lambda shown: shown.sales.pop("b-1"),
            "a line lost": lambda shown: shown.lines.remove("b-1-1"),
            "half a batch": halfTaken,
            "a batch but its deletion": takenWithoutDeletion,
            "a line without its sale": lambda shown: shown.lines.add("b-2-0"),
            "a stock off by one": lambda shown: shown.products["p1"].update(stock=shown.products["p1"]["stock"] + 1),
            "an untouched stock": lambda shown: shown.products["p7"].update(stock=0),
            "an addition lost": lambda shown: shown.tallies.update(t1=4),
            "an addition twice": lambda shown: shown.tallies.update(t1=8),
        }
        for name, spoil in wrongs.items():
            with self.subTest(name):
                self.assertNotEqual(self.complaints(spoil), [])


if __name__ == "__main__":
    unittest.main()
