"""The rows: each takes a running system and returns samples by the keys of figures.py.

bench/run repeats, interleaves the systems, and sums up. A row that can not be measured raises Trouble.
"""
import signal
import time

import machine
from probes import UNANSWERED, Probe, lost, read_back, wait_for_acknowledgements
from processes import Trouble, alive, run, wait_for
from systems import BIN, BROKERS, boot_ns

PATIENCE_SECONDS = 90  # for a first acknowledgement; Kafka's default session is 18 s
FIRST_TOPIC = "row14"


def start(system, number, seconds):
    """Row 14: from nothing to three brokers that are ready, and to a first acknowledged record. Every round begins with it."""
    system.start()
    ready = boot_ns()
    create_when_possible(system, FIRST_TOPIC)
    with Probe("raw", system, FIRST_TOPIC, "probe") as probe:
        first = probe.first_after(0, PATIENCE_SECONDS)
    if first is None:
        raise Trouble("nothing is acknowledged after the start")
    system.wait_full(FIRST_TOPIC)
    return {"start_ready_s": (ready - system.began_ns) / 1e9, "start_acknowledged_s": (first.done_ns - system.began_ns) / 1e9}


def create_when_possible(system, topic):
    """A Kafka that listens may not yet be able to create topics."""
    end = time.monotonic() + 60
    while True:
        try:
            return system.create_topic(topic, replicas=BROKERS)
        except Trouble:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def idle(system, number, seconds):
    """Row 13: memory and CPU of brokers that hold a few replicas and serve nobody."""
    topic = f"row13-{number}"
    system.create_topic(topic, partitions=3)
    system.wait_full(topic, 3)
    time.sleep(min(seconds, 3))  # what the start left to do
    pids = system.pids().values()
    before = machine.cpu_seconds_fine(pids)
    begin = time.monotonic()
    time.sleep(seconds)
    used = (machine.cpu_seconds_fine(pids) - before) / (time.monotonic() - begin)
    return {"idle_pss_mb": max(machine.pss_bytes(pid) for pid in pids) / 2**20, "idle_cpu_percent": used / len(pids) * 100}


def perf(system, topic, seconds, size, *more):
    """(records, MB, broker CPU seconds a GB); the first two a second."""
    machine.write_back()
    pids = system.pids().values()
    before = machine.cpu_seconds(pids)
    out = run(BIN / "baton-probe", "perf", "--bootstrap-server", system.bootstrap, "--topic", topic, "--duration-ms", int(seconds * 1000),
              "--record-bytes", size, *more, seconds=seconds + 120)
    used = machine.cpu_seconds(pids) - before
    records, size_all, elapsed = map(float, out.split())
    if size_all == 0:
        raise Trouble("nothing was acknowledged")
    return records / elapsed, size_all / 1e6 / elapsed, used / (size_all / 1e9)


def produce(system, number, seconds):
    """Row 10: acks=all, RF 3, six partitions: 1 KB, 100 B, and one record a request."""
    topic = f"row10-{number}"
    system.create_topic(topic, partitions=6)
    system.wait_full(topic, 6)
    perf(system, topic, seconds / 2, 1000)  # warms up
    figures = {}
    for size, name in ((1000, "1k"), (100, "100")):
        _, figures[f"produce_{name}_mbs"], figures[f"produce_{name}_cpu"] = perf(system, topic, seconds, size, "-X", "linger.ms=5")
    figures["produce_single_rate"], _, _ = perf(system, topic, seconds, 100, "-X", "linger.ms=0", "-X", "batch.num.messages=1", "-X",
                                                "queue.buffering.max.messages=100")
    return figures


def topic_led_by_turns(system, topic, number):
    """A topic of the round's own, led by each in turn of those who are not the controller: the leader."""
    controller = system.controller(FIRST_TOPIC)
    others = [broker for broker in BROKERS if broker != controller]
    victim = others[number % len(others)]
    system.create_topic(topic, replicas=[victim, *(broker for broker in BROKERS if broker != victim)])
    system.wait_full(topic)
    if system.leader(topic) != victim:
        raise Trouble(f"broker {victim} was to lead {topic} and does not")
    return victim


def milliseconds(since_ns, line):
    return None if line is None else (line.done_ns - since_ns) / 1e6


def acknowledged(*lines):
    return sum(line.error == 0 for each in lines for line in each)


def kill_leader(system, number, seconds):
    """Row 1: kill -9 of the leader → first acknowledgement."""
    topic = f"row1-{number}"
    victim = topic_led_by_turns(system, topic, number)
    with Probe("raw", system, topic, "raw") as raw, Probe("librdkafka", system, topic, "librdkafka") as librdkafka:
        wait_for_acknowledgements([raw, librdkafka], 300)
        pid = system.pids()[victim]
        at = system.signal(victim, signal.SIGKILL)
        wait_for(lambda: not alive(pid), 30, "the victim's end", 0.0002)
        # librdkafka does not say who answered: what it sent after the end can not be the victim's doing.
        dead = boot_ns()
        figures = {"kill_raw_ms": milliseconds(at, raw.first_after(at, PATIENCE_SECONDS, but_not_by=victim)),
                   "kill_librdkafka_ms": milliseconds(at, librdkafka.first_after(dead, PATIENCE_SECONDS))}
        trouble = None
        try:
            system.restart(victim)
            system.wait_full(topic)
        except Trouble as error:  # the window is measured, and the survivors can be read
            trouble = error
        raw_lines, librdkafka_lines = raw.stop(), librdkafka.stop()
    records = read_back(system, topic)
    figures["kill_acknowledged"] = acknowledged(raw_lines, librdkafka_lines)
    figures["kill_lost"] = lost(records, "raw", raw_lines) + lost(records, "librdkafka", librdkafka_lines)
    if trouble:
        trouble.figures = figures
        raise trouble
    return figures


def pause_leader(system, number, seconds):
    """Row 3: SIGSTOP of the leader → first acknowledgement by another; SIGCONT; what the resumed leader does with acks=1."""
    topic = f"row3-{number}"
    victim = topic_led_by_turns(system, topic, number)
    with Probe("raw", system, topic, "raw") as raw, Probe("raw", system, topic, "stubborn", "--acks", 1, "--pinned", victim) as stubborn:
        wait_for_acknowledgements([raw, stubborn], 200)
        at = system.signal(victim, signal.SIGSTOP)
        first = raw.first_after(at, PATIENCE_SECONDS, but_not_by=victim)
        # Long enough for writes of the stubborn one to pile up, and for the successor to be at work.
        time.sleep(max(0.5, 4 - (boot_ns() - at) / 1e9))
        resumed = system.signal(victim, signal.SIGCONT)
        wait_for(lambda: any(line.done_ns >= resumed for line in list(stubborn.lines)), 30, "an answer or a closed connection of the resumed leader")
        time.sleep(1.5)
        stubborn_lines = stubborn.stop()
        system.wait_full(topic)
        raw_lines = raw.stop()
    if first is None:
        return {"pause_raw_ms": None}
    records = read_back(system, topic)
    return {"pause_raw_ms": milliseconds(at, first), "pause_acknowledged": acknowledged(raw_lines),
            "pause_lost": lost(records, "raw", raw_lines), **judge_resumed(stubborn_lines, resumed, records)}


def judge_resumed(lines, resumed_ns, records):
    """What a deposed leader did, after it was resumed, with writes that its client sent to it alone."""
    settled = [line for line in lines if line.done_ns >= resumed_ns]
    return {"resumed_settled": len(settled), "resumed_acknowledged": acknowledged(settled), "resumed_lost": lost(records, "stubborn", settled),
            "resumed_unanswered": sum(line.error == UNANSWERED for line in settled)}


# After the start, in the order of play: what is quiet first, what breaks something last.
PLAYS = ((13, idle), (10, produce), (1, kill_leader), (3, pause_leader))
