"""A cluster of one's own for a process of suites: started by the `baton` command, in a directory that goes with it."""
import atexit
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from kafka.admin import KafkaAdminClient, NewTopic

BIN = os.environ["BATON_BIN"]


def wait_until(condition, what, seconds=30):
    """The condition's first true value. Fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def free_port_base(brokers):
    """A base whose ports for brokers, control listeners, metrics and ZooKeeper are free now."""
    for base in range(20000 + os.getpid() % 5000, 60000, 211):
        wanted = [base + i for i in range(brokers + 1)] + [base + 99]
        wanted += [base + more + i for more in (100, 200) for i in range(brokers + 1)]
        taken = []
        try:
            for port in wanted:
                listener = socket.socket()
                taken.append(listener)
                listener.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
        finally:
            for listener in taken:
                listener.close()
    raise AssertionError("no free ports")


def java_hash(text):
    """Java's String.hashCode, made positive as Kafka does."""
    value = 0
    units = text.encode("utf-16-be")
    for high, low in zip(units[::2], units[1::2]):
        value = (value * 31 + (high << 8 | low)) & 0xFFFFFFFF
    return abs(value - (1 << 32) if value >= 1 << 31 else value)


class Cluster:
    def __init__(self, brokers=3, settings=()):
        self.dir = tempfile.mkdtemp(prefix="baton-clients-")
        arguments = ["up", "--brokers", str(brokers), "--port-base", str(free_port_base(brokers))]
        for setting in settings:
            arguments += ["--set", setting]
        try:
            self.baton(*arguments)
        except BaseException:
            self.close()
            raise
        self.bootstrap = self.status()["bootstrap"]

    def baton(self, *arguments, check=True):
        command = [os.path.join(BIN, "baton-cli"), *arguments, "--dir", self.dir]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def status(self):
        return json.loads(self.baton("status", "--json", check=False))

    def leader(self, topic, partition):
        """The broker that leads a partition, None while nobody does."""
        for each in self.status()["partitions"]:
            if each["topic"] == topic and each["partition"] == partition and each["leader"] >= 0:
                return each["leader"]
        return None

    def coordinator(self, group):
        partitions = sum(each["topic"] == "__consumer_offsets" for each in self.status()["partitions"])
        assert partitions, "__consumer_offsets is not there yet"
        return self.leader("__consumer_offsets", java_hash(group) % partitions)

    def kill(self, broker):
        self.baton("kill", str(broker))

    def start(self, broker):
        self.baton("start", str(broker))
        wait_until(lambda: all(b["state"] == "live" for b in self.status()["brokers"]), f"broker {broker} is back")

    def address(self, broker):
        for each in self.status()["brokers"]:
            if each["id"] == broker:
                host, port = each["address"].rsplit(":", 1)
                return host, int(port)
        raise AssertionError(f"there is no broker {broker}")

    def create_topic(self, name, partitions=1, **configs):
        """A topic on every broker; a configuration's dots are underscores here."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        topic_configs = {key.replace("_", "."): str(value) for key, value in configs.items()}
        admin.create_topics([NewTopic(name, partitions, 3, topic_configs=topic_configs)])
        admin.close()
        wait_until(lambda: all(self.leader(name, p) is not None for p in range(partitions)), f"{name} is led")

    def close(self):
        try:
            self.baton("down", "--purge", check=False)
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)


@functools.cache
def shared():
    """The one cluster of all suites of this process; gone when it ends, also by a polite signal."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    cluster = Cluster()
    atexit.register(cluster.close)
    return cluster
