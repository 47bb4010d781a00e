"""The systems under test, each behind the same few verbs: three brokers on loopback, started, killed, paused, stopped.

Here what they share, and Baton, which runs through its own command; Apache Kafka is in kafka.py.
"""
import contextlib
import json
import os
import pathlib
import shutil
import time

from processes import Trouble, run, sweep, uninterrupted, wait_for

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("BATON_BIN", ROOT / "build/release/bin"))
BROKERS = (1, 2, 3)


def boot_ns():
    """The clock of baton-probe's lines."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class System:
    key = name = "?"

    def __init__(self, directory, port_base, tuned):
        self.directory = pathlib.Path(directory)
        self.port_base = port_base
        self.tuned = tuned
        self.bootstrap = ",".join(f"127.0.0.1:{self.port(broker)}" for broker in BROKERS)
        self.began_ns = 0  # when the start began that row 14 measures

    def port(self, broker):
        return self.port_base + broker - 1

    def ports(self):
        return [*(self.port(b) for b in BROKERS), self.port_base + 99,
                *(self.port(b) + more for more in (100, 200) for b in BROKERS)]

    def signal(self, broker, number):
        """When it was sent."""
        pid = self.pids()[broker]
        at = boot_ns()
        try:
            os.kill(pid, number)
        except ProcessLookupError as error:
            raise Trouble(f"broker {broker} (process {pid}) had ended by itself") from error
        return at

    def create_topic(self, name, partitions=None, replicas=None):
        """`replicas`: of the single partition, the first preferred as leader."""
        where = ["--replica-assignment", ":".join(map(str, replicas))] if replicas else ["-p", partitions, "-r", len(BROKERS)]
        run(BIN / "baton-cli", "topic", "create", name, "--bootstrap-server", self.bootstrap, *where)

    def describe(self, topic, partition=0, timeout_ms=30000):
        """(leader, leader epoch, in-sync replicas, controller)"""
        answer = run(BIN / "baton-probe", "leader", "--bootstrap-server", self.bootstrap, "--topic", topic, "--partition", partition,
                     "--timeout-ms", timeout_ms, seconds=timeout_ms / 1000 + 10)
        return tuple(map(int, answer.split()[:4]))

    def leader(self, topic):
        return self.describe(topic)[0]

    def controller(self, topic):
        """The broker that rules; `topic` is any that exists."""
        return self.describe(topic)[3]

    def wait_full(self, topic, partitions=1, seconds=120):
        for partition in range(partitions):
            wait_for(lambda at=partition: self.describe(topic, at)[2] == len(BROKERS), seconds, f"a full ISR of {topic}-{partition}", 0.05)

    def logs(self):
        return sorted(self.directory.rglob("*.log"))

    def stop(self, keep=False):
        """Ends everything and removes the data unless they are to be kept, whatever state it is in; not to be interrupted."""
        with uninterrupted():
            with contextlib.suppress(Trouble):  # what does not end in order is swept away
                self.halt()
            sweep(self.directory)
            if not keep:
                shutil.rmtree(self.directory, ignore_errors=True)


class Baton(System):
    key = "baton"
    name = "Baton"

    def command(self, *arguments, seconds=60):
        return run(BIN / "baton-cli", *arguments, "--dir", self.directory, seconds=seconds)

    def start(self):
        tuned = ["--set", "zookeeper.session.timeout.ms=400", "--set", "leader.lease.ms=200", "--set", "leader.lease.renew.ms=60",
                 "--set", "control.timeout.ms=400"] if self.tuned else []
        self.began_ns = boot_ns()
        # Processes are signalled by hand: nothing may mend them meanwhile.
        self.command("up", "--port-base", self.port_base, "--set", "broker.supervised=false", *tuned, seconds=180)

    def pids(self):
        try:
            described = json.loads((self.directory / "cluster.json").read_text())
        except (OSError, ValueError) as error:
            raise Trouble(f"Baton's cluster.json can not be read: {error}") from error
        return {broker["id"]: broker["process"]["pid"] for broker in described["brokers"]}

    def restart(self, broker):
        self.command("start", broker)

    def halt(self):
        if (self.directory / "cluster.json").exists():
            self.command("down")
