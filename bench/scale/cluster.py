"""A ZooKeeper, controllers and brokers without logs, each a process, driven by lines."""
import os
import pathlib
import queue
import signal
import subprocess
import sys
import threading
import time

from processes import Trouble, check_ports_free, end, last_words, listening, sweep, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]
NODE = pathlib.Path(os.environ.get("BATON_BIN", ROOT / "build/release/bin")) / "bench-scale-node"
CLASS_PATH = "/usr/share/java/*"
CONTROLLERS = (9001, 9002)


def build():
    if "BATON_BIN" not in os.environ:
        subprocess.run([ROOT / "baton", "--help"], check=True, stdout=subprocess.DEVNULL)  # configures what is missing
        subprocess.run(["ninja", "-C", ROOT / "build/release", "bench-scale-node"], check=True, stdout=subprocess.DEVNULL)
    if not NODE.exists():
        raise Trouble(f"{NODE} is missing: unset BATON_BIN, and it is built")


def boot_ns():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class Node:
    """One process with one or several stubs. Its lines are read by a thread of their own, into one queue of all."""

    def __init__(self, zookeeper, directory, role, first, last, settings, lines):
        self.role, self.first, self.last = role, first, last
        self.log = directory / f"{role}-{first}.log"
        self.process = subprocess.Popen([NODE, zookeeper, directory / "data", role, str(first), str(last), *settings],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log.open("ab"), text=True, bufsize=1, start_new_session=True)
        self.reader = threading.Thread(target=self.read, args=(lines,), daemon=True)
        self.reader.start()

    def read(self, lines):
        for line in self.process.stdout:
            lines.put((self, line.split()))

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def kill(self):
        """When it was sent."""
        at = boot_ns()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)
        return at

    def cpu_ms(self):
        words = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def memory_mb(self):
        """Now, and at worst since the start."""
        fields = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines() if ":" in line)
        return int(fields["VmRSS"].split()[0]) / 1024, int(fields["VmHWM"].split()[0]) / 1024


class Cluster:
    def __init__(self, directory, port, heap, brokers, partitions, victims, settings):
        self.directory, self.port, self.heap = directory, port, heap
        self.brokers, self.partitions, self.settings = brokers, partitions, settings
        self.lines = queue.Queue()
        self.nodes = []
        self.zookeeper = None
        # Whoever may be killed lives alone; the rest share a process.
        self.alone = brokers if brokers <= 10 else min(brokers - 1, victims)

    def __enter__(self):
        check_ports_free([self.port])
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        (self.directory / "zoo.cfg").write_text(
            f"dataDir={self.directory}/zookeeper\nclientPort={self.port}\nclientPortAddress=127.0.0.1\ntickTime=200\nminSessionTimeout=400\n"
            "maxSessionTimeout=60000\nmaxClientCnxns=0\nadmin.enableServer=false\n4lw.commands.whitelist=ruok,srvr\n")
        self.zookeeper = subprocess.Popen(
            ["java", f"-Xmx{self.heap}m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
             "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", CLASS_PATH,
             "org.apache.zookeeper.server.quorum.QuorumPeerMain", self.directory / "zoo.cfg"],
            stdout=(self.directory / "zookeeper.log").open("ab"), stderr=subprocess.STDOUT, start_new_session=True)
        wait_for(lambda: listening(self.port), 60, f"ZooKeeper ({last_words(self.directory / 'zookeeper.log')})")
        for id in CONTROLLERS:
            self.add("controller", id, id)
        for id in range(1, self.alone + 1):
            self.add("broker", id, id)
        if self.alone < self.brokers:
            self.add("broker", self.alone + 1, self.brokers)
        wanted = self.brokers + len(CONTROLLERS)
        self.expect("registered", wanted, 60)

    def add(self, role, first, last):
        node = Node(f"127.0.0.1:{self.port}", self.directory, role, first, last, self.settings, self.lines)
        self.nodes.append(node)
        return node

    def kill(self, node):
        self.nodes.remove(node)
        return node.kill()

    def stop(self):
        for node in self.nodes:
            end(node.process)
        if self.zookeeper:
            end(self.zookeeper)
        sweep(self.directory)

    def of(self, role):
        return [node for node in self.nodes if node.role == role]

    def all(self, command, role="broker"):
        for node in self.of(role):
            node.tell(command)

    def expect(self, word, count, seconds, role=None):
        """`count` lines that begin with `word`."""
        found, deadline = [], time.monotonic() + seconds
        while len(found) < count:
            try:
                node, words = self.lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise Trouble(f"{len(found)} of {count} lines `{word}` within {seconds} s") from None
            if words and words[0] in ("fatal", "what?"):
                raise Trouble(" ".join(words))
            if words and words[0] == word and (role is None or node.role == role):
                found.append((node, words[1:]))
        return found

    def status(self, node):
        """(the controller's id, its epoch, stages) as the node knows it."""
        node.tell("status")
        stages, deadline = [], time.monotonic() + 60
        while True:
            try:
                from_node, words = self.lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise Trouble("no status within 60 s") from None
            if from_node is not node or not words:
                continue
            if words[0] == "stage":
                stages.append({"epoch": int(words[1]), "broker": int(words[2]), "stage": words[3], "ns": int(words[4])})
            if words[0] == "status":
                return int(words[2]), int(words[3]), stages

    def store_ms(self, node):
        """How long a node with one stub has had multis under way at the store, in all."""
        node.tell("store")
        return int(self.expect("store", 1, 60)[0][1][1]) / 1e6

    def controller(self):
        """The node that rules."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            by_id = {node.first: node for node in self.of("controller")}
            ids = {self.status(node)[0] for node in by_id.values()}
            if len(ids) == 1 and ids <= by_id.keys():
                return by_id[ids.pop()]
            time.sleep(0.05)
        raise Trouble("no controller that all agree on within 60 s")
