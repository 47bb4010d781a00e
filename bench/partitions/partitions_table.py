"""The table of bench/partitions/run."""
import statistics

COLUMNS = (("creation", "answered_ms"), ("creation", "known_ms"), ("creation", "serving_ms"), ("death", "first_ms"), ("death", "known_ms"),
           ("death", "serving_ms"))


def median_worst(values):
    return f"{statistics.median(values):,.0f} / {max(values):,.0f}" if values else "–"


def row(document, key, partitions):
    samples = [each for each in document["samples"] if each["system"] == key and each["partitions"] == partitions]
    cells = [median_worst([each[part][name] for each in samples if part in each]) for part, name in COLUMNS]
    # What of a death is not its detection: from the first partition that moved to the last one that serves.
    after = median_worst([each["death"]["serving_ms"] - each["death"]["first_ms"] for each in samples if "death" in each])
    memory = median_worst([each["mb"] for each in samples if "mb" in each])
    failures = sum("failure" in each for each in samples)
    return f"| {document['names'][key]} | {partitions:,} | " + " | ".join([*cells, after, memory, f"{failures} of {len(samples)}"]) + " |"


def report(document):
    sizes = sorted({each["partitions"] for each in document["samples"]})
    lines = [f"Measured {document['when']} on {document['machine']}; load average {document['load']:.1f}; "
             f"{'short sessions' if document['tuned'] else 'as shipped'}; {', '.join(document['versions'])}", "",
             "Milliseconds, median / worst; memory of the largest broker in MB:", "",
             "| system | partitions | topic: answered | known to all | served by all | death: first moved | all moved, known to all | all serve | first moved → all serve | MB | failed |",
             "|--|--|--|--|--|--|--|--|--|--|--|"]
    lines += [row(document, key, size) for size in sizes for key in document["names"] if any(
        each["system"] == key and each["partitions"] == size for each in document["samples"])]
    lines += [f"- {document['names'][each['system']]}, {each['partitions']:,}: {each['failure']}" for each in document["samples"] if "failure" in each]
    return "\n".join(lines)
