"""The systems under test, each behind the same few verbs: three brokers on loopback, started, killed, paused, stopped.

Baton runs through its own command. Apache Kafka 3.9 runs from its published jars (bench/peer/fetch), in ZooKeeper mode on the
same kind of ZooKeeper, and in KRaft mode with combined roles; as shipped, or tuned for a short session.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import uuid
import base64

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("BATON_BIN", ROOT / "build/release/bin"))
BROKERS = 3


def wait_for(condition, seconds, what):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.01)
    raise TimeoutError(f"{what} did not come true within {seconds} s")


def listening(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def run(*argv, **kwargs):
    return subprocess.run([str(a) for a in argv], check=True, capture_output=True, text=True, **kwargs).stdout


class System:
    name = "?"

    def __init__(self, directory, port_base, tuned):
        self.directory = pathlib.Path(directory)
        self.port_base = port_base
        self.tuned = tuned
        self.bootstrap = ",".join(f"127.0.0.1:{port_base + i}" for i in range(BROKERS))

    def signal(self, broker, number):
        os.kill(self.pids()[broker], number)

    def create_topic(self, name, partitions=None, replicas=None):
        """`replicas`: of the single partition, the first preferred as leader."""
        where = ["--replica-assignment", ":".join(map(str, replicas))] if replicas else ["-p", partitions, "-r", BROKERS]
        run(BIN / "baton-cli", "topic", "create", name, "--bootstrap-server", self.bootstrap, *where)

    def leader(self, topic, timeout_ms=30000):
        """(leader, leader epoch, in-sync replicas, controller)"""
        answer = run(BIN / "baton-probe", "leader", "--bootstrap-server", self.bootstrap, "--topic", topic, "--timeout-ms", timeout_ms)
        return tuple(map(int, answer.split()[:4]))

    def wait_full(self, topic, seconds=120):
        wait_for(lambda: self.leader(topic)[2] == BROKERS, seconds, f"{self.name}: a full ISR of {topic}")


class Baton(System):
    name = "Baton"

    def command(self, *arguments):
        return run(BIN / "baton-cli", *arguments, "--dir", self.directory)

    def start(self):
        tuned = ["--set", "zookeeper.session.timeout.ms=400", "--set", "leader.lease.ms=200", "--set", "leader.lease.renew.ms=60",
                 "--set", "control.timeout.ms=400"] if self.tuned else []
        self.command("up", "--port-base", self.port_base, *tuned)

    def pids(self):
        return {b["id"]: b["pid"] for b in json.loads(subprocess.run(
            [BIN / "baton-cli", "status", "--json", "--dir", self.directory], capture_output=True, text=True).stdout)["brokers"]}

    def restart(self, broker):
        self.command("start", broker)

    def stop(self):
        if (self.directory / "cluster.json").exists():
            self.command("down", "--purge")


class Kafka(System):
    """What the two modes share."""
    heap = ["-Xmx1G", "-Xms1G"]  # Kafka's own default

    def __init__(self, directory, port_base, tuned):
        super().__init__(directory, port_base, tuned)
        self.libs = run(ROOT / "bench/peer/fetch").strip()
        self.processes = {}
        self.others = []

    def java(self, log, *arguments):
        out = open(self.directory / log, "ab")
        return subprocess.Popen(["java", *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.directory,
                                start_new_session=True)

    def write(self, name, lines):
        (self.directory / name).write_text("\n".join(lines) + "\n")

    def prepare(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.write("log4j.properties", ["log4j.rootLogger=WARN, out", "log4j.appender.out=org.apache.log4j.ConsoleAppender",
                                        "log4j.appender.out.layout=org.apache.log4j.PatternLayout",
                                        "log4j.appender.out.layout.ConversionPattern=[%d] %p %m (%c)%n"])

    def common(self, broker):
        return [f"log.dirs={self.directory}/data-{broker}", "default.replication.factor=3", "offsets.topic.replication.factor=3",
                "transaction.state.log.replication.factor=3", "min.insync.replicas=2", "group.initial.rebalance.delay.ms=0"]

    def launch(self, broker):
        self.processes[broker] = self.java(f"broker-{broker}.log", *self.heap, "-XX:+UseG1GC",
                                           f"-Dlog4j.configuration=file:{self.directory}/log4j.properties", "-cp", f"{self.libs}/*",
                                           "kafka.Kafka", f"{self.directory}/broker-{broker}.properties")

    def ready(self, brokers):
        wait_for(lambda: all(listening(self.port_base + b - 1) for b in brokers), 120, f"{self.name}: open ports")

    def pids(self):
        return {b: p.pid for b, p in self.processes.items()}

    def restart(self, broker):
        self.processes[broker].wait()
        self.launch(broker)
        self.ready([broker])

    def stop(self):
        for process in [*self.processes.values(), *self.others]:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
        self.processes.clear()
        self.others.clear()
        shutil.rmtree(self.directory, ignore_errors=True)


class KafkaZooKeeper(Kafka):
    name = "Kafka, ZooKeeper"

    def start(self):
        self.prepare()
        port = self.port_base + 99
        tick = 100 if self.tuned else 2000
        self.write("zoo.cfg", [f"dataDir={self.directory}/zookeeper", f"clientPort={port}", "clientPortAddress=127.0.0.1", f"tickTime={tick}",
                               "maxClientCnxns=0", "admin.enableServer=false"] + (["minSessionTimeout=400"] if self.tuned else []))
        jars = ":".join(f"/usr/share/java/{jar}.jar" for jar in (
            "zookeeper", "zookeeper-jute", "slf4j-api", "slf4j-simple", "netty-all", "jackson-core", "jackson-databind",
            "jackson-annotations", "metrics-core", "snappy-java", "commons-io", "commons-cli"))
        self.others.append(self.java("zookeeper.log", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                                     "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", jars,
                                     "org.apache.zookeeper.server.quorum.QuorumPeerMain", f"{self.directory}/zoo.cfg"))
        wait_for(lambda: listening(port), 60, "ZooKeeper")
        for broker in range(1, BROKERS + 1):
            self.write(f"broker-{broker}.properties", [
                f"broker.id={broker}", f"listeners=PLAINTEXT://127.0.0.1:{self.port_base + broker - 1}", f"zookeeper.connect=127.0.0.1:{port}",
                *self.common(broker), *(["zookeeper.session.timeout.ms=400"] if self.tuned else [])])
            self.launch(broker)
        self.ready(range(1, BROKERS + 1))


class KafkaKRaft(Kafka):
    name = "Kafka, KRaft"

    def start(self):
        self.prepare()
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        voters = ",".join(f"{b}@127.0.0.1:{self.port_base + 100 + b - 1}" for b in range(1, BROKERS + 1))
        formats = []
        for broker in range(1, BROKERS + 1):
            self.write(f"broker-{broker}.properties", [
                f"node.id={broker}", "process.roles=broker,controller", f"controller.quorum.voters={voters}",
                f"listeners=PLAINTEXT://127.0.0.1:{self.port_base + broker - 1},CONTROLLER://127.0.0.1:{self.port_base + 100 + broker - 1}",
                "controller.listener.names=CONTROLLER", "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
                *self.common(broker),
                *(["broker.session.timeout.ms=1000", "broker.heartbeat.interval.ms=100", "controller.quorum.election.timeout.ms=300",
                   "controller.quorum.fetch.timeout.ms=600", "replica.lag.time.max.ms=1000"] if self.tuned else [])])
            formats.append(self.java("format.log", f"-Dlog4j.configuration=file:{self.directory}/log4j.properties", "-cp", f"{self.libs}/*",
                                     "kafka.tools.StorageTool", "format", "-t", cluster, "-c", f"{self.directory}/broker-{broker}.properties"))
        for process in formats:
            if process.wait() != 0:
                raise RuntimeError(f"formatting failed, see {self.directory}/format.log")
        self.formatted = time.monotonic()
        for broker in range(1, BROKERS + 1):
            self.launch(broker)
        self.ready(range(1, BROKERS + 1))


ALL = {"baton": Baton, "kafka-zookeeper": KafkaZooKeeper, "kafka-kraft": KafkaKRaft}
