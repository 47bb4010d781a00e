"""What is measured, and the arithmetic over the rounds. Pure: no clock, no process, no file.

A sample is one value of one figure in one round. None stands for a time that did not end while it was watched: it counts as
infinitely long, so that a system can not look better by never coming back.
"""
import dataclasses
import math
import statistics

LOWER, HIGHER, COUNT = "lower", "higher", "count"


@dataclasses.dataclass(frozen=True)
class Figure:
    key: str
    row: int
    label: str
    better: str         # a count is summed over the rounds; the others have median and worst
    of: str = ""        # a count: the key of what it is a part of
    decimals: int = 0


FIGURES = (
    Figure("kill_raw_ms", 1, "kill -9 leader → first acknowledgement, raw probe, ms", LOWER, decimals=1),
    Figure("kill_librdkafka_ms", 1, "kill -9 leader → first acknowledgement, librdkafka, ms", LOWER, decimals=1),
    Figure("kill_lost", 1, "acknowledged records lost", COUNT, of="kill_acknowledged"),
    Figure("pause_raw_ms", 3, "SIGSTOP leader → first acknowledgement, raw probe, ms", LOWER, decimals=1),
    Figure("resumed_acknowledged", 3, "acks=1 writes acknowledged by the resumed, deposed leader", COUNT, of="resumed_settled"),
    Figure("resumed_lost", 3, "of these lost", COUNT, of="resumed_acknowledged"),
    Figure("pause_lost", 3, "acknowledged (acks=all) records lost", COUNT, of="pause_acknowledged"),
    Figure("produce_1k_mbs", 10, "produce acks=all, 1 KB records, MB/s", HIGHER, decimals=1),
    Figure("produce_1k_cpu", 10, "brokers' CPU seconds a GB, 1 KB records", LOWER, decimals=2),
    Figure("produce_100_mbs", 10, "produce acks=all, 100 B records, MB/s", HIGHER, decimals=1),
    Figure("produce_100_cpu", 10, "brokers' CPU seconds a GB, 100 B records", LOWER, decimals=2),
    Figure("produce_single_rate", 10, "one record a request, acks=all, records/s", HIGHER),
    Figure("idle_pss_mb", 13, "memory of an idle broker, PSS MB", LOWER, decimals=1),
    Figure("idle_cpu_percent", 13, "CPU of an idle broker, % of a core", LOWER, decimals=2),
    Figure("start_ready_s", 14, "start of three brokers to ready, s", LOWER, decimals=2),
    Figure("start_acknowledged_s", 14, "start to the first acknowledgement, s", LOWER, decimals=2),
)
ROWS = tuple(sorted({figure.row for figure in FIGURES}))


@dataclasses.dataclass(frozen=True)
class Summary:
    """Of one figure of one system. `median` and `worst` of a count: its sum."""
    median: float
    worst: float
    count: int            # of samples
    never: int            # of these, times that did not end
    whole: int = 0        # a count: the sum of what it is a part of


def summarize(figure, samples):
    """`samples`: a dict of values by key for each round. None: no round has the figure."""
    values = [sample[figure.key] for sample in samples if figure.key in sample]
    if not values:
        return None
    if figure.better == COUNT:
        whole = sum(sample.get(figure.of, 0) for sample in samples if figure.key in sample)
        return Summary(sum(values), sum(values), len(values), 0, whole)
    never = values.count(None)
    numbers = [math.inf if value is None else value for value in values]
    worst = min(numbers) if figure.better == HIGHER else max(numbers)
    # The middle of an even number lies between two; with one of them infinite it is infinite.
    return Summary(statistics.median(numbers), worst, len(values), never)


def ahead(figure, ours, theirs):
    """How many times better our median is than the better of theirs; None where that says nothing."""
    medians = [summary.median for summary in theirs if summary is not None and math.isfinite(summary.median)]
    if figure.better == COUNT or ours is None or not medians or not math.isfinite(ours.median):
        return None
    best = max(medians) if figure.better == HIGHER else min(medians)
    above, below = (ours.median, best) if figure.better == HIGHER else (best, ours.median)
    return above / below if below > 0 else None
