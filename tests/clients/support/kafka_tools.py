"""Apache Kafka's own command-line programs, run as their scripts run them: a class and its arguments."""
import os
import subprocess
import tempfile
import threading

from cluster import wait_until
from records import Read, Record

JARS = os.environ["BATON_KAFKA_JARS"]
TIMEOUT_SECONDS = 90

PRODUCER = "kafka.tools.ConsoleProducer"
CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"
TOPICS = "org.apache.kafka.tools.TopicCommand"
GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
OFFSETS = "org.apache.kafka.tools.GetOffsetShell"
ELECTION = "org.apache.kafka.tools.LeaderElectionCommand"
CONFIGS = "kafka.admin.ConfigCommand"
REASSIGN = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"
LOG_DIRS = "org.apache.kafka.tools.LogDirsCommand"
CLUSTER = "org.apache.kafka.tools.ClusterTool"
API_VERSIONS = "kafka.admin.BrokerApiVersionsCommand"
PERFORMANCE = "org.apache.kafka.tools.ProducerPerformance"

LOGGING = """log4j.rootLogger=WARN, stderr
log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.Target=System.err
log4j.appender.stderr.layout=org.apache.log4j.PatternLayout
log4j.appender.stderr.layout.ConversionPattern=%p %m (%c)%n
"""
logging_file = tempfile.NamedTemporaryFile("w", prefix="baton-log4j-", suffix=".properties")
logging_file.write(LOGGING)
logging_file.flush()


def command(program, *arguments):
    # Quick to start rather than quick to run: none of them lives long.
    return ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Dlog4j.configuration=file:{logging_file.name}",
            "-cp", os.path.join(JARS, "*"), program, *arguments]


def run(cluster, program, *arguments, stdin=b"", check=True, bootstrap=True):
    """The finished program; stdout and stderr are text. Its exit code must be 0 unless check is False."""
    if bootstrap:
        arguments = ("--bootstrap-server", cluster.bootstrap, *arguments)
    if program == GROUPS:
        # Its own patience is five seconds, of which a busy machine takes three to load its classes.
        arguments += ("--timeout", "60000")
    done = subprocess.run(command(program, *arguments), input=stdin, capture_output=True, timeout=TIMEOUT_SECONDS)
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    if check and done.returncode != 0:
        raise AssertionError(f"{program} {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr[-4000:]}")
    return done


def write(cluster, topic, records, *options):
    """Records with keys and headers through the console producer."""
    lines = []
    for record in records:
        headers = ",".join(f"{name}:{value.decode()}" for name, value in record.headers)
        lines.append(headers.encode() + b"\t" + record.key + b"\t" + record.value + b"\n")
    done = run(cluster, PRODUCER, "--topic", topic, "--property", "parse.key=true", "--property", "parse.headers=true", *options,
               stdin=b"".join(lines))
    # It exits with 0 even when records failed; it says so on standard error only.
    if "ERROR" in done.stderr:
        raise AssertionError(done.stderr[-4000:])


PRINT_ALL = [argument for what in ("timestamp", "partition", "offset", "headers", "key", "value")
             for argument in ("--property", f"print.{what}=true")]


def parsed(line):
    """A line of the console consumer under PRINT_ALL."""
    kind_and_time, partition, offset, headers, key, value = line.split("\t")
    pairs = () if headers == "NO_HEADERS" else tuple(
        (name, text.encode()) for name, text in (header.split(":", 1) for header in headers.split(",")))
    timestamp = int(kind_and_time.split(":")[1])
    record = Record(None if key == "null" else key.encode(), None if value == "null" else value.encode(), pairs, timestamp)
    return Read(int(partition.split(":")[1]), int(offset.split(":")[1]), record)


def read(cluster, count, *options):
    """The first `count` records that a console consumer prints."""
    done = run(cluster, CONSUMER, "--max-messages", str(count), *PRINT_ALL, *options)
    found = [parsed(line) for line in done.stdout.splitlines()]
    assert len(found) == count, done.stderr
    return sorted(found, key=lambda one: (one.partition, one.offset))


class Console:
    """A console consumer that goes on running: its lines as they come."""

    def __init__(self, cluster, *options):
        self.lines = []
        self.process = subprocess.Popen(command(CONSUMER, "--bootstrap-server", cluster.bootstrap, *options),
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.said = []
        self.threads = [threading.Thread(target=self.keep, args=pair, daemon=True)
                        for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.said))]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def keep(stream, into):
        for line in stream:
            into.append(line.rstrip("\n"))

    def wait_for(self, condition, what, seconds=60):
        def holds():
            if self.process.poll() is not None and not condition(self.lines):
                raise AssertionError(f"the console consumer ended: {self.said}")
            return condition(self.lines)

        wait_until(holds, f"{what}; it printed {self.lines[-3:]}, {self.said[-3:]}", seconds)

    def interrupt(self):
        """As Ctrl-C does: it leaves its group and commits."""
        self.process.terminate()
        self.finish()

    def kill(self):
        self.process.kill()
        self.finish()

    def finish(self):
        self.process.wait(TIMEOUT_SECONDS)
        for thread in self.threads:
            thread.join(TIMEOUT_SECONDS)
        self.process.stdout.close()
        self.process.stderr.close()
