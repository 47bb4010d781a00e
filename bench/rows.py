"""The rows: each takes a running system and returns figures by name. Times are on CLOCK_BOOTTIME, as baton-probe's.

A row's figures are single samples; bench/run repeats, interleaves the systems, and prints median and worst.
"""
import os
import signal
import subprocess
import threading
import time

from systems import BIN, BROKERS

MS = 1_000_000


def now_ns():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class Probe:
    """A baton-probe that runs; its lines are read as they come."""

    def __init__(self, kind, system, topic, *more):
        self.lines = []  # (sequence, sent ns, done ns, broker, error, offset)
        self.process = subprocess.Popen([str(a) for a in (BIN / "baton-probe", kind, "--bootstrap-server", system.bootstrap, "--topic", topic, *more)],
                                        stdout=subprocess.PIPE, text=True, bufsize=1)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(tuple(map(int, line.split())))

    def acknowledged(self):
        return [line for line in list(self.lines) if line[4] == 0]

    def first_after(self, since, seconds):
        """Milliseconds from `since` to the first acknowledgement of a record sent later; None if none came."""
        end = time.monotonic() + seconds
        at = 0
        while time.monotonic() < end:
            while at < len(self.lines):
                _, sent, done, _, error, _ = self.lines[at]
                at += 1
                if error == 0 and sent >= since:
                    return (done - since) / MS
            time.sleep(0.005)
        return None

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.reader.join()
        return self.lines


def wait_for_acks(probes, count=300, seconds=60):
    end = time.monotonic() + seconds
    while any(len(p.acknowledged()) < count for p in probes):
        if time.monotonic() > end:
            raise TimeoutError("the probes get no acknowledgements")
        time.sleep(0.02)


def read_back(system, topic):
    out = subprocess.run([str(BIN / "baton-cli"), "consume", topic, "-e", "--bootstrap-server", system.bootstrap], check=True,
                         capture_output=True, text=True, timeout=120).stdout
    records = {}
    for line in out.splitlines():
        writer, _, sequence = line.strip().rpartition(" ")
        records[(writer, int(sequence))] = records.get((writer, int(sequence)), 0) + 1
    return records


def lost(records, writer, lines):
    return sum((writer, line[0]) not in records for line in lines if line[4] == 0)


def topic_led_by_turns(system, prefix, number):
    """A topic of its own for a round, led by each broker in turn: (topic, leader)."""
    topic = f"{prefix}-{number}"
    replicas = [(number + i) % BROKERS + 1 for i in range(BROKERS)]
    system.create_topic(topic, replicas=replicas)
    system.wait_full(topic)
    return topic, system.leader(topic)[0]


def kill_leader(system, number):
    """Row 1: kill -9 of the leader → first acknowledgement."""
    topic, victim = topic_led_by_turns(system, "row1", number)
    with Probe("raw", system, topic) as raw, Probe("librdkafka", system, topic) as kafka:
        wait_for_acks([raw, kafka])
        at = now_ns()
        system.signal(victim, signal.SIGKILL)
        figures = {"1 kill -9 leader, raw probe, ms": raw.first_after(at, 90),
                   "1 kill -9 leader, librdkafka, ms": kafka.first_after(at, 90)}
        system.restart(victim)
        system.wait_full(topic)
        raw_lines, kafka_lines = raw.stop(), kafka.stop()
    records = read_back(system, topic)
    figures["1 acknowledged records lost"] = lost(records, "probe", raw_lines) + lost(records, "librdkafka", kafka_lines)
    return figures


def pause_leader(system, number):
    """Row 3: SIGSTOP of the leader → first acknowledgement; SIGCONT; what the resumed leader does with acks=1."""
    topic, victim = topic_led_by_turns(system, "row3", number)
    with Probe("raw", system, topic) as raw, Probe("raw", system, topic, "--acks", 1, "--pinned", victim) as stubborn:
        wait_for_acks([raw, stubborn], 200)
        at = now_ns()
        system.signal(victim, signal.SIGSTOP)
        figures = {"3 SIGSTOP leader, raw probe, ms": raw.first_after(at, 90)}
        time.sleep(max(0, 4 - (now_ns() - at) / 1e9))
        resumed = now_ns()
        system.signal(victim, signal.SIGCONT)
        time.sleep(1.5)
        stubborn_lines = stubborn.stop()
        system.wait_full(topic)
        raw_lines = raw.stop()
    records = read_back(system, topic)
    late = [line for line in stubborn_lines if line[2] >= resumed and line[1] < resumed]
    figures["3 acks=1 writes acknowledged by the resumed leader"] = sum(line[4] == 0 for line in late)
    figures["3 acks=1 writes refused by the resumed leader"] = sum(line[4] != 0 for line in late)
    figures["3 acknowledged records lost"] = lost(records, "probe", raw_lines)
    return figures


def cpu_seconds(system):
    total = 0
    for pid in system.pids().values():
        fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def perf(system, topic, seconds, size, *more):
    before = cpu_seconds(system)
    out = subprocess.run([str(a) for a in (BIN / "baton-probe", "perf", "--bootstrap-server", system.bootstrap, "--topic", topic, "--duration-ms",
                                           int(seconds * 1000), "--record-bytes", size, *more)], check=True, capture_output=True, text=True).stdout
    records, size_all, elapsed = out.split()
    return int(records) / float(elapsed), int(size_all) / 1e6 / float(elapsed), (cpu_seconds(system) - before) / (int(size_all) / 1e9)


def produce(system, number, seconds):
    """Row 10: acks=all, RF 3, six partitions: 1 KB, 100 B, and one record a request."""
    topic = f"row10-{number}"
    system.create_topic(topic, partitions=6)
    system.wait_full(topic)
    perf(system, topic, seconds / 2, 1000)  # warm up
    figures = {}
    for size, name in ((1000, "1 KB"), (100, "100 B")):
        _, megabytes, cpu = perf(system, topic, seconds, size, "-X", "linger.ms=5")
        figures[f"10 produce acks=all {name}, MB/s"] = megabytes
        figures[f"10 broker CPU seconds a GB, {name}"] = cpu
    rate, _, _ = perf(system, topic, seconds, 100, "-X", "linger.ms=0", "-X", "batch.num.messages=1", "-X", "queue.buffering.max.messages=100")
    figures["10 one record a request, records/s"] = rate
    return figures


def idle(system, number, seconds):
    """Row 13: memory and CPU of idle brokers that hold a few replicas."""
    topic = f"row13-{number}"
    system.create_topic(topic, partitions=3)
    system.wait_full(topic)
    time.sleep(1)
    before = cpu_seconds(system)
    time.sleep(seconds)
    used = (cpu_seconds(system) - before) / seconds / BROKERS * 100
    pss = []
    for pid in system.pids().values():
        for line in open(f"/proc/{pid}/smaps_rollup"):
            if line.startswith("Pss:"):
                pss.append(int(line.split()[1]) / 1024)
    return {"13 memory of an idle broker, PSS MB": max(pss), "13 CPU of an idle broker, percent of a core": used}


def start(system):
    """Row 14: from nothing to three brokers that are ready, ZooKeeper included, and to a first acknowledged record."""
    begin = time.monotonic()
    system.start()
    ready = time.monotonic()
    begin = getattr(system, "formatted", begin)  # KRaft's formatting is done once, before
    end = time.monotonic() + 60
    while True:  # a Kafka that listens may not yet be able to create topics
        try:
            system.create_topic("row14", replicas=[1, 2, 3])
            break
        except subprocess.CalledProcessError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
    with Probe("raw", system, "row14") as probe:
        wait_for_acks([probe], 1)
        acknowledged = time.monotonic()
        probe.stop()
    return {"14 start of three brokers to ready, s": ready - begin, "14 start to the first acknowledgement, s": acknowledged - begin}
