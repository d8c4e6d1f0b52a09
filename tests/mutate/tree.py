"""The copy of the tree that the wrongs are put into: files, build, tests."""

import os
import re
import resource
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

BUILD_SECONDS_MAX = 3600
TEST_SECONDS_MAX = 180  # a wrong may make a test wait for ever
TEST_BYTES_MAX = 6 << 30  # or take all memory
SEEDS = 300


@dataclass(frozen=True)
class Test:
    name: str
    target: str
    folder: str  # below tests/


def run(command, folder, secondsMax, bytesMax=None):
    """Answers the exit code, None if it did not end in time, and what was printed."""

    def limit():
        if bytesMax:
            resource.setrlimit(resource.RLIMIT_AS, (bytesMax, bytesMax))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace", process_group=0, preexec_fn=limit)
    try:
        output, _ = process.communicate(timeout=secondsMax)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)  # what it started and left behind
        except ProcessLookupError:
            pass
        process.wait()


class Tree:
    def __init__(self, root, folder, jobs):
        self.root = Path(root)
        self.folder = Path(folder)
        self.jobs = str(jobs)
        self.buildFolder = self.folder / "build" / "dev"
        self.tests = []
        # Objects of the same sources in another folder are taken from the cache.
        os.environ.update(CCACHE_BASEDIR=str(self.folder), CCACHE_NOHASHDIR="1")

    def refresh(self):
        """Makes the copy equal to what git lists; an unchanged file keeps its time, so that little is built again."""
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=self.root, check=True, capture_output=True).stdout
        names = {name for name in listed.decode().split("\0") if name and (self.root / name).is_file()}
        for name in names:
            there = self.folder / name
            if not there.is_file() or there.read_bytes() != (self.root / name).read_bytes():
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self.root / name, there)
                os.utime(there)
        for file in list(self.folder.rglob("*")):
            name = file.relative_to(self.folder)
            if file.is_file() and name.parts[0] != "build" and name.as_posix() not in names:
                file.unlink()

    def configure(self):
        """Configures, and reads which tests there are."""
        code, output = run(["cmake", "--preset", "dev"], self.folder, BUILD_SECONDS_MAX)
        if code != 0:
            raise SystemExit("mutate: the copy cannot be configured:\n" + output)
        _, output = run(["ninja", "-t", "targets", "all"], self.buildFolder, BUILD_SECONDS_MAX)
        for folder, name in re.findall(r"^tests/(\w+)/tst_(\w+): CXX_EXECUTABLE", output, re.MULTILINE):
            self.tests.append(Test(name, "tst_" + name, folder))

    def build(self, targets):
        """Nothing, or why it did not compile."""
        command = ["cmake", "--build", ".", "-j", self.jobs, "--target", *targets]
        code, output = run(command, self.buildFolder, BUILD_SECONDS_MAX)
        return None if code == 0 else output

    def failingTest(self, tests):
        """Which of the tests fails, and in which of its functions; nothing if none does. One that fails is asked twice:
        under load a test of real sockets may fail by itself."""
        failed = self._ctest(tests, ["--stop-on-failure"])
        names = {line.split(":", 1)[1] for line in failed}
        for test in tests:
            if test.name in names and self._ctest([test], []):
                return test.name + self._failedFunction()
        return None

    def _ctest(self, tests, options):
        log = self.buildFolder / "Testing" / "Temporary" / "LastTestsFailed.log"
        log.unlink(missing_ok=True)
        names = "^(" + "|".join(test.name for test in tests) + ")$"
        command = ["ctest", "-R", names, "-j", self.jobs, "--timeout", str(TEST_SECONDS_MAX), *options]
        run(command, self.buildFolder, TEST_SECONDS_MAX * (len(tests) + 1), TEST_BYTES_MAX)
        return log.read_text().split() if log.exists() else []

    def _failedFunction(self):
        log = self.buildFolder / "Testing" / "Temporary" / "LastTest.log"
        found = re.search(r"^(?:FAIL!|QFATAL)\s*: \w+::(\w+)\(", log.read_text(errors="replace"), re.MULTILINE)
        return "::" + found[1] if found else ""

    def failingSeed(self):
        """The first seed that fails, "the simulator" if it does not say which; nothing if all are clean."""
        code, output = run(["tests/sim/driftless_sim", "--seeds", str(SEEDS), "--first", "1"], self.buildFolder,
                           TEST_SECONDS_MAX * 5, TEST_BYTES_MAX)
        if code == 0:
            return None
        found = re.search(r"seed (\d+)", output)
        return "seed " + found[1] if found else "the simulator"
