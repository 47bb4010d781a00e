"""Apache Kafka 3.9 from its published jars (bench/peer/fetch): in ZooKeeper mode, on the same kind of ZooKeeper as Baton's, and in
KRaft mode with combined roles; as shipped, or tuned for a short session."""
import base64
import functools
import shutil
import socket
import struct
import subprocess
import uuid

from processes import Trouble, end, last_words, listening, run, wait_for
from systems import BROKERS, ROOT, System, boot_ns

START_SECONDS = 180
# A Kafka whose session expires while it starts exits, which a short session on a busy machine makes likely. As under any
# supervisor it is started again; the time counts.
RESTARTS = 3
HEAP = ["-Xmx1G", "-Xms1G"]  # Kafka's own default
ZOOKEEPER_JARS = ("zookeeper", "zookeeper-jute", "slf4j-api", "slf4j-simple", "netty-all", "jackson-core", "jackson-databind",
                  "jackson-annotations", "metrics-core", "snappy-java", "commons-io", "commons-cli")


@functools.cache
def fetch_jars():
    """The directory of the jars; they are fetched once and then lie in build/peer."""
    return run(ROOT / "bench/peer/fetch", seconds=600).strip().splitlines()[-1]


class Kafka(System):
    """What the two modes share."""

    def __init__(self, directory, port_base, tuned):
        super().__init__(directory, port_base, tuned)
        self.processes = {}
        self.others = []

    def java(self, log, *arguments):
        with open(self.directory / log, "ab") as out:
            return subprocess.Popen(["java", *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.directory,
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
        self.processes[broker] = self.java(f"broker-{broker}.log", *HEAP, "-XX:+UseG1GC",
                                           f"-Dlog4j.configuration=file:{self.directory}/log4j.properties", "-cp", f"{fetch_jars()}/*",
                                           "kafka.Kafka", f"{self.directory}/broker-{broker}.properties")

    def ready(self, brokers):
        again = dict.fromkeys(brokers, RESTARTS)

        def all_listen():
            for broker in brokers:
                code = self.processes[broker].poll()
                if code is None:
                    continue
                if again[broker] == 0:
                    raise Trouble(f"broker {broker} ended with {code} while it started: {last_words(self.directory / f'broker-{broker}.log')}")
                again[broker] -= 1
                self.launch(broker)
            return all(listening(self.port(broker)) for broker in brokers)
        wait_for(all_listen, START_SECONDS, f"open ports of brokers {', '.join(map(str, brokers))}")

    def pids(self):
        return {broker: process.pid for broker, process in self.processes.items()}

    def restart(self, broker):
        end(self.processes[broker])
        self.launch(broker)
        self.ready([broker])

    def halt(self):
        for process in [*self.processes.values(), *self.others]:
            end(process)
        self.processes.clear()
        self.others.clear()


class KafkaZooKeeper(Kafka):
    key = "kafka-zookeeper"
    name = "Kafka, ZooKeeper"

    def start(self):
        self.prepare()
        fetch_jars()
        self.began_ns = boot_ns()
        port = self.port_base + 99
        self.write("zoo.cfg", [f"dataDir={self.directory}/zookeeper", f"clientPort={port}", "clientPortAddress=127.0.0.1",
                               f"tickTime={100 if self.tuned else 2000}", "maxClientCnxns=0", "admin.enableServer=false",
                               *(["minSessionTimeout=400"] if self.tuned else [])])
        zookeeper = self.java("zookeeper.log", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                              "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", ":".join(f"/usr/share/java/{jar}.jar" for jar in ZOOKEEPER_JARS),
                              "org.apache.zookeeper.server.quorum.QuorumPeerMain", f"{self.directory}/zoo.cfg")
        self.others.append(zookeeper)

        def serves():
            if zookeeper.poll() is not None:
                raise Trouble(f"ZooKeeper ended while it started: {last_words(self.directory / 'zookeeper.log')}")
            return listening(port)
        wait_for(serves, START_SECONDS, "ZooKeeper's open port")
        # The first connection may take long on a busy machine; Kafka would give up after the session's time-out and exit.
        tuned = ["zookeeper.session.timeout.ms=400"] if self.tuned else []
        for broker in BROKERS:
            self.write(f"broker-{broker}.properties", [
                f"broker.id={broker}", f"listeners=PLAINTEXT://127.0.0.1:{self.port(broker)}", f"zookeeper.connect=127.0.0.1:{port}",
                f"zookeeper.connection.timeout.ms={START_SECONDS * 1000}", *self.common(broker), *tuned])
            self.launch(broker)
        self.ready(BROKERS)


class KafkaKRaft(Kafka):
    key = "kafka-kraft"
    name = "Kafka, KRaft"

    def start(self):
        self.prepare()
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        voters = ",".join(f"{b}@127.0.0.1:{self.port(b) + 100}" for b in BROKERS)
        for broker in BROKERS:
            self.write(f"broker-{broker}.properties", [
                f"node.id={broker}", "process.roles=broker,controller", f"controller.quorum.voters={voters}",
                f"listeners=PLAINTEXT://127.0.0.1:{self.port(broker)},CONTROLLER://127.0.0.1:{self.port(broker) + 100}",
                "controller.listener.names=CONTROLLER", "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
                *self.common(broker),
                *(["broker.session.timeout.ms=1000", "broker.heartbeat.interval.ms=100", "controller.quorum.election.timeout.ms=300",
                   "controller.quorum.fetch.timeout.ms=600", "replica.lag.time.max.ms=1000"] if self.tuned else [])])
            self.others.append(self.java("format.log", f"-Dlog4j.configuration=file:{self.directory}/log4j.properties", "-cp",
                                         f"{fetch_jars()}/*", "kafka.tools.StorageTool", "format", "-t", cluster, "-c",
                                         f"{self.directory}/broker-{broker}.properties"))
        wait_for(lambda: all(each.poll() is not None for each in self.others), START_SECONDS, "formatting the brokers' disks")
        if any(each.returncode != 0 for each in self.others):
            raise Trouble(f"formatting the brokers' disks failed: {last_words(self.directory / 'format.log')}")
        # Formatting is done once in a disk's life: the start begins after it.
        self.began_ns = boot_ns()
        for broker in BROKERS:
            self.launch(broker)
        self.ready(BROKERS)

    def controller(self, topic):
        # Metadata names any broker here; the quorum's leader is the one that rules.
        for broker in BROKERS:
            try:
                return quorum_leader(self.port(broker))
            except OSError:
                continue
        raise Trouble("no broker names the quorum's leader")


METADATA_LOG = b"__cluster_metadata"


def quorum_leader(port):
    """The broker that leads KRaft's metadata log, by DescribeQuorum, version 0."""
    body = b"\x02" + bytes([len(METADATA_LOG) + 1]) + METADATA_LOG + b"\x02" + struct.pack(">i", 0) + b"\0\0\0"
    request = struct.pack(">hhih", 55, 0, 1, -1) + b"\0" + body
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        answers = connection.makefile("rb")
        size = answers.read(4)
        answer = answers.read(struct.unpack(">i", size)[0]) if len(size) == 4 else b""
    return decode_quorum_leader(answer)


def decode_quorum_leader(answer):
    """From: correlation, tags, error, topics + 1, name's length + 1, name, partitions + 1, index, error, leader, and more."""
    try:
        (error,) = struct.unpack_from(">h", answer, 5)
        partition_error, leader = struct.unpack_from(">hi", answer, 5 + 2 + 1 + 1 + len(METADATA_LOG) + 1 + 4)
    except struct.error as cut:
        raise OSError("DescribeQuorum answers too few bytes") from cut
    if error != 0 or partition_error != 0 or leader not in BROKERS:
        raise OSError(f"DescribeQuorum answers errors {error}, {partition_error}, leader {leader}")
    return leader
