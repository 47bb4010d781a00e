"""baton-probe as a child, its lines as they come, and what became of the records that it wrote."""
import collections
import signal
import subprocess
import threading
import time

from processes import Trouble, end, last_words, run, wait_for
from systems import BIN

UNANSWERED = -100  # baton-probe's word for a record whose connection went before its answer

# Times are nanoseconds on CLOCK_BOOTTIME. error 0: acknowledged.
Line = collections.namedtuple("Line", "sequence sent_ns done_ns broker error offset")


class Probe:
    """One that runs. `name` begins each of its records."""

    def __init__(self, kind, system, topic, name, *more):
        self.name = name
        self.lines = []
        self.acknowledged = 0
        argv = [BIN / "baton-probe", kind, "--bootstrap-server", system.bootstrap, "--topic", topic, "--name", name, *more]
        self.words = system.directory / f"probe-{topic}-{name}.txt"
        with open(self.words, "wb") as errors:
            self.process = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
                                            bufsize=1, start_new_session=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for text in self.process.stdout:
            line = Line(*map(int, text.split()))
            self.lines.append(line)
            self.acknowledged += line.error == 0

    def first_after(self, since_ns, seconds, but_not_by=None):
        """The first acknowledgement of a record sent since then, by another broker than that; None if none comes in time."""
        at = 0
        give_up = time.monotonic() + seconds
        while True:
            while at < len(self.lines):
                line = self.lines[at]
                at += 1
                if line.error == 0 and line.sent_ns >= since_ns and line.broker != but_not_by:
                    return line
            if time.monotonic() > give_up:
                return None
            self.check_alive()
            time.sleep(0.005)

    def check_alive(self):
        if self.process.poll() is not None:
            raise Trouble(f"the probe `{self.name}` ended with {self.process.returncode}: {last_words(self.words)}")

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        end(self.process)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(90)
        except subprocess.TimeoutExpired as error:
            raise Trouble(f"the probe `{self.name}` does not end within 90 s after SIGTERM") from error
        self.reader.join(30)
        return self.lines


def wait_for_acknowledgements(probes, count, seconds=60):
    def enough():
        for probe in probes:
            probe.check_alive()
        return all(probe.acknowledged >= count for probe in probes)
    wait_for(enough, seconds, f"{count} acknowledgements of each probe")


def read_back(system, topic):
    """How often each (writer, sequence) is in the topic."""
    out = run(BIN / "baton-cli", "consume", topic, "-e", "--bootstrap-server", system.bootstrap, seconds=180)
    return records_in(out)


def records_in(text):
    records = collections.Counter()
    for line in text.splitlines():
        writer, _, sequence = line.strip().rpartition(" ")
        records[(writer, int(sequence))] += 1
    return records


def lost(records, writer, lines):
    """Those of `lines` that were acknowledged and are not there."""
    return sum(line.error == 0 and (writer, line.sequence) not in records for line in lines)
