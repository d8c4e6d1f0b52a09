#!/usr/bin/env python3
"""Puts one wrong after the other into a copy of the tree and says which test notices it (README.md)."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from tree import Tree
from wrongs import WRONGS

ROOT = Path(__file__).resolve().parents[2]
WRONGS_MIN = 40
SIMULATOR = "simulator"

# Whose tests can notice a wrong in a module, the cheapest first: its own, those of the modules above it that run the real
# one, the histories and seeds of the simulator, and whole nodes behind HTTP. Other tests do not contain its code.
WATCHERS = {
    "core": ["core", "wire", "storage", "replication", "engine", SIMULATOR, "api", "http"],
    "storage": ["storage", "replication", "engine", SIMULATOR, "http", "crash"],
    "replication": ["replication", "engine", SIMULATOR, "http"],
    "engine": ["engine", "auth", SIMULATOR, "http", "crash"],
    "auth": ["auth", "http"],
    "api": ["api", "http"],
    "net": ["net", "http"],
}
# Fresh seeds would make the answer a matter of luck; `driftless_sim` runs the same ones every time.
LEFT_OUT = {"sim_seeds"}


def check():
    """What makes the table of wrongs unusable, one line each."""
    faults = []
    if len(WRONGS) < WRONGS_MIN:
        faults.append(f"there are {len(WRONGS)} wrongs; {WRONGS_MIN} are wanted")
    for wrong in WRONGS:
        file = ROOT / "node" / wrong.file
        count = file.read_text().count(wrong.old) if file.is_file() else 0
        if count != 1:
            faults.append(f"{wrong.name}: its old text stands {count} times in node/{wrong.file}; once is wanted")
        if wrong.old == wrong.new:
            faults.append(f"{wrong.name}: it changes nothing")
        if wrong.file.split("/")[0] not in WATCHERS:
            faults.append(f"{wrong.name}: nobody watches node/{wrong.file}")
    names = [wrong.name for wrong in WRONGS]
    faults += [f"{name}: two wrongs have this name" for name in sorted({name for name in names if names.count(name) > 1})]
    return faults


def firstToNotice(tree, watchers):
    """The test that notices, or nothing; and the compiler's words, where it was the compiler."""
    for watcher in watchers:
        folder = "sim" if watcher == SIMULATOR else watcher
        tests = [test for test in tree.tests if test.folder == folder and test.name not in LEFT_OUT]
        targets = [test.target for test in tests] + (["driftless_sim"] if watcher == SIMULATOR else [])
        errors = tree.build(targets)
        if errors:
            return None, errors
        noticed = tree.failingTest(tests)
        if not noticed and watcher == SIMULATOR:
            noticed = tree.failingSeed()
        if noticed:
            return noticed, None
    return None, None


def runWrong(tree, wrong):
    file = tree.folder / "node" / wrong.file
    right = file.read_text()
    try:
        file.write_text(right.replace(wrong.old, wrong.new))
        return firstToNotice(tree, WATCHERS[wrong.file.split("/")[0]])
    finally:
        file.write_text(right)


def row(name, noticed, seconds):
    print(f"{name:<40} {noticed:<52} {seconds:>6.0f} s", flush=True)


def runAll(tree, wrongs):
    """Prints the table; answers the names of those that nobody noticed, and of those that did not compile."""
    survivors = []
    broken = []
    for wrong in wrongs:
        begun = time.monotonic()
        noticed, errors = runWrong(tree, wrong)
        seconds = time.monotonic() - begun
        if errors:
            broken.append(wrong.name)
            row(wrong.name, "DOES NOT COMPILE", seconds)
            print("\n".join(line for line in errors.splitlines() if "error" in line), flush=True)
        elif not noticed:
            survivors.append(wrong)
            row(wrong.name, "NOBODY", seconds)
        else:
            row(wrong.name, noticed, seconds)
    return survivors, broken


def checkUnchanged(tree):
    """A test that fails without any wrong notices none."""
    begun = time.monotonic()
    noticed, errors = firstToNotice(tree, dict.fromkeys(sum(WATCHERS.values(), [])))
    if noticed or errors:
        raise SystemExit(f"mutate: the tree as it is fails: {noticed or errors}")
    row("(nothing wrong)", "", time.monotonic() - begun)


def main():
    parser = argparse.ArgumentParser(prog="./dev mutate", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these wrongs, and without a run of the unchanged tree before")
    parser.add_argument("--list", action="store_true", help="say which wrongs there are, and what each would do")
    parser.add_argument("--check", action="store_true", help="only check that each wrong still fits its file")
    parser.add_argument("--jobs", type=int, default=2, help="compile and test so many at once")
    arguments = parser.parse_args()
    if arguments.list:
        for wrong in WRONGS:
            print(f"{wrong.name} ({wrong.file})\n    {wrong.harm}")
        return 0
    faults = check()
    if faults or arguments.check:
        print("\n".join(faults) or f"{len(WRONGS)} wrongs, each fits its file.")
        return 1 if faults else 0
    unknown = set(arguments.names) - {wrong.name for wrong in WRONGS}
    if unknown:
        parser.error("there is no wrong of the name " + ", ".join(sorted(unknown)))

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what it started ends with it
    os.nice(15)
    begun = time.monotonic()
    tree = Tree(ROOT, ROOT / "build" / "mutate" / "tree", arguments.jobs)
    tree.refresh()
    tree.configure()
    if not arguments.names:
        checkUnchanged(tree)
    wrongs = [wrong for wrong in WRONGS if not arguments.names or wrong.name in arguments.names]
    survivors, broken = runAll(tree, wrongs)
    print(f"{len(wrongs)} wrongs in {(time.monotonic() - begun) / 60:.0f} minutes; noticed: {len(wrongs) - len(survivors) - len(broken)}.")
    for wrong in survivors:
        print(f"Nobody noticed {wrong.name}: {wrong.harm} A test is missing.")
    if broken:
        print("No wrong at all, for they do not compile: " + ", ".join(broken))
    return 1 if survivors or broken else 0


if __name__ == "__main__":
    sys.exit(main())
