"""kcat as a program: what its user types, and what it prints."""
import json
import subprocess

from records import Read, Record

TIMEOUT_SECONDS = 60


def run(cluster, *arguments, stdin=b"", check=True):
    command = ["kcat", "-b", cluster.bootstrap, *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=TIMEOUT_SECONDS)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done


def start(cluster, *arguments):
    """A kcat that runs on beside the test, which reads what it prints and ends it."""
    return subprocess.Popen(["kcat", "-b", cluster.bootstrap, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def write(cluster, topic, records, *options):
    """Records of one set of headers, with keys: kcat gives every record of a run the same headers and times."""
    headers = {record.headers for record in records}
    assert len(headers) == 1, "kcat has one set of headers a run"
    for name, value in headers.pop():
        options += ("-H", f"{name}={value.decode()}")
    lines = b"".join(record.key + b"\t" + record.value + b"\n" for record in records)
    run(cluster, "-P", "-t", topic, "-K", "\t", *options, stdin=lines)


def as_bytes(text):
    return None if text is None else text.encode()


def read(cluster, topic, *options, start="beginning"):
    """Every record of a topic in the order of partitions and offsets."""
    done = run(cluster, "-C", "-t", topic, "-o", start, "-e", "-q", "-J", *options)
    found = []
    for line in done.stdout.splitlines():
        each = json.loads(line)
        headers = each.get("headers", [])
        pairs = tuple((name, value.encode()) for name, value in zip(headers[::2], headers[1::2]))
        record = Record(as_bytes(each["key"]), as_bytes(each["payload"]), pairs, each["ts"])
        found.append(Read(each["partition"], each["offset"], record))
    return sorted(found, key=lambda one: (one.partition, one.offset))
