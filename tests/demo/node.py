"""One running node of the demo: its process and its HTTP door."""

import contextlib
import http.client
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

from shop import DATABASE, DemoError, exact

PAGE = 200
START_SECONDS_MAX = 20
STOP_SECONDS_MAX = 10
ANSWER_SECONDS_MAX = 30
BUSY_TRIES_MAX = 60

class Node:
    """One running node: its process, its folder and its HTTP door. A connection belongs to the thread that opened it."""

    def __init__(self, program, folder, index, port, keys):
        self.id = f"node-{index + 1}"
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.folder = folder / self.id
        self.logPath = folder / f"{self.id}.log"
        self._program = program
        self._keys = keys
        self._connections = threading.local()
        self.process = None

    def start(self, peers):
        """Starts the process, with a settings file of its own: this machine's other settings are not for it."""
        with contextlib.closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError as error:
                raise DemoError(f"port {self.port}: {error.strerror}; --ports names another first one") from error
        arguments = [str(self._program), "--server", "--config", str(self._settings()), f"--Node:NodeId={self.id}"]
        arguments += ["--listen", f"127.0.0.1:{self.port}", "--data-dir", str(self.folder)]
        for number, peer in enumerate(peers):
            arguments.append(f"--Node:SeedPeers:{number}:NodeId={peer.id}")
            arguments.append(f"--Node:SeedPeers:{number}:BaseUrl={peer.url}")
        with self.logPath.open("wb") as log:
            # A session of its own: Ctrl-C is for this program, which then stops the nodes in order.
            self.process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder.parent,
                start_new_session=True,
            )

    def _settings(self):
        """The file with the keys, readable by this user only: on the command line everybody on the machine would see them."""
        path = self.folder.parent / f"{self.id}.json"
        path.touch(mode=0o600)
        path.write_text(
            json.dumps(
                {
                    "Auth": {"RootApiKey": self._keys["root"]},
                    "Node": {"ReplicationApiKey": self._keys["replication"]},
                }
            )
        )
        return path

    def waitUntilReady(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            if not self.isRunning():
                raise DemoError(f"{self.id} did not start")
            with contextlib.suppress(DemoError):
                self.call("GET", "/readyz")
                return
            if time.monotonic() > deadline:
                raise DemoError(f"{self.id} was not ready within {START_SECONDS_MAX} s")
            time.sleep(0.05)

    def isRunning(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        if not self.isRunning():
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            print(f"{self.id} did not stop within {STOP_SECONDS_MAX} s and is killed", file=sys.stderr)
            self.process.kill()
            self.process.wait()

    def logTail(self):
        return "\n".join(self.logPath.read_text(errors="replace").splitlines()[-15:])

    # Calls.

    def call(self, method, path, body=None):
        """The answer's body as text. A busy node is asked again; another answer than a 2xx is a DemoError that quotes it."""
        headers = {"Database": DATABASE, "ApiKey": self._keys["root"]}
        if path.startswith("/api/cluster/"):  # node-wide: without a database, and by the cluster's own key
            headers = {"ReplicationApiKey": self._keys["replication"]}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = body.encode()
        for _ in range(BUSY_TRIES_MAX):
            connection = self._connection()
            try:
                connection.request(method, path, body, headers)
                response = connection.getresponse()
                answer = response.read().decode()
            except (OSError, http.client.HTTPException) as error:
                # Not tried again: nobody knows whether a sale was taken.
                self._connections.open = None
                connection.close()
                raise DemoError(f"{self.id}: {method} {path} had no answer: {error!r}") from error
            if response.status != 503 or path == "/readyz":
                break
            time.sleep(float(response.headers.get("Retry-After", "0.1")))
        if not 200 <= response.status < 300:
            raise DemoError(f"{self.id}: {method} {path} answered {response.status}: {answer[:500]}")
        return answer

    def _connection(self):
        if getattr(self._connections, "open", None) is None:
            self._connections.open = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS_MAX)
        return self._connections.open

    @staticmethod
    def _path(collection, documentId):
        return f"/api/documents/{collection}/{urllib.parse.quote(documentId, safe='')}"

    def put(self, collection, document):
        self.call("PUT", self._path(collection, document.id), document.text)

    def post(self, collection, document):
        self.call("POST", f"/api/documents/{collection}", document.text)

    def patch(self, collection, documentId, members):
        """`members` is JSON."""
        self.call("PATCH", self._path(collection, documentId), members)

    def delete(self, collection, documentId):
        self.call("DELETE", self._path(collection, documentId))

    def sell(self, sale):
        self.patch("products", sale.product, self._less(sale))

    @staticmethod
    def _less(sale):
        return f'{{"stock":{{"$inc":{-sale.quantity}}}}}'

    def batch(self, documents, sales):
        """Writes documents, given as (collection, document), and lowers stocks, all in one atomic group."""
        operations = [
            f'{{"Op":"put","Collection":"{collection}","Id":{json.dumps(document.id)},"Body":{document.text}}}'
            for collection, document in documents
        ]
        operations += [
            f'{{"Op":"patch","Collection":"products","Id":{json.dumps(sale.product)},"Body":{self._less(sale)}}}'
            for sale in sales
        ]
        self.call("POST", "/api/batch", f'{{"Operations":[{",".join(operations)}]}}')

    def setPeer(self, peer, isActive):
        registration = {"NodeId": peer.id, "BaseUrl": peer.url, "IsActive": isActive}
        self.call("POST", "/api/cluster/peers", json.dumps(registration))

    def documents(self, collection):
        """Every document of a collection, by id: page after page, each from the last id of the one before."""
        found = {}
        after = None
        while True:
            query = {"take": PAGE} | ({"after": after} if after is not None else {})
            page = exact(self.call("GET", f"/api/documents/{collection}?{urllib.parse.urlencode(query)}"))
            found |= {row["Id"]: row for row in page}
            if len(page) < PAGE:
                return found
            after = page[-1]["Id"]

    def collections(self):
        return json.loads(self.call("GET", "/api/documents"))

    def convergence(self):
        return json.loads(self.call("GET", "/api/convergence"))

    def conflicts(self):
        """The listed conflicts as (collection, id, member), `*` for one between a deletion and a write."""
        listed = json.loads(self.call("GET", "/api/conflicts?take=1000"))["Conflicts"]
        return sorted((row["Collection"], row["EntityId"], row["Member"]) for row in listed)
