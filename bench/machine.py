"""The machine under the measurement: what it is, and how it is made the same for every system."""
import ctypes
import mmap
import os
import pathlib
import platform
import re
import subprocess
import time

import systems

DIRTY_MAX = 256 << 20
CHUNK = 64 << 20


def meminfo(key):
    found = re.search(rf"^{key}:\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text(), re.M)
    return int(found[1]) << 10


def describe():
    cpu = re.search(r"^model name\s*:\s*(.+)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    return (f"{os.cpu_count()} cores ({cpu[1].strip() if cpu else platform.machine()}), {meminfo('MemTotal') / 2**30:.0f} GB, "
            f"Linux {platform.release().split('-')[0]}, all on loopback")


def first_line(*argv):
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=20)
        return (done.stdout or done.stderr).splitlines()[0].strip()
    except (OSError, subprocess.TimeoutExpired, IndexError):
        return "unknown"


def versions(with_kafka):
    found = ["Baton " + first_line("git", "-C", str(systems.ROOT), "describe", "--always", "--dirty")]
    if with_kafka:
        pom = (systems.ROOT / "bench/peer/pom.xml").read_text()
        found.append("Apache Kafka " + re.search(r"<kafka.version>(.+?)</kafka.version>", pom)[1])
        found.append(first_line("java", "-version"))
    found.append("ZooKeeper " + first_line("dpkg-query", "-W", "-f", "${Version}", "libzookeeper-java"))
    found.append("librdkafka " + first_line("dpkg-query", "-W", "-f", "${Version}", "librdkafka1"))
    return found


def touch_memory(share=0.5, most=10 << 30, seconds=30):
    """Touches free memory once: under a hypervisor the first use of a page can cost ten times the next, and whoever is measured first
    would pay. Returns (bytes, seconds)."""
    size = min(int(meminfo("MemAvailable") * share), most) // CHUNK * CHUNK
    begin = time.monotonic()
    touched = 0
    with mmap.mmap(-1, max(size, CHUNK)) as memory:
        held = (ctypes.c_char * len(memory)).from_buffer(memory)
        while touched < size and time.monotonic() - begin < seconds:
            ctypes.memset(ctypes.addressof(held) + touched, 1, CHUNK)
            touched += CHUNK
        del held
    return touched, time.monotonic() - begin


def write_back(seconds=60):
    """Lets the kernel write what is dirty, so that no measurement is throttled by what an earlier one left."""
    end = time.monotonic() + seconds
    while meminfo("Dirty") + meminfo("Writeback") > DIRTY_MAX and time.monotonic() < end:
        os.sync()


def cpu_seconds(pids):
    """User and system time of processes, ended threads included."""
    ticks = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def cpu_seconds_fine(pids):
    """The same in nanoseconds' resolution, of the threads that live: for idle processes, whose time is less than a tick."""
    total = 0
    for pid in pids:
        for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
            try:
                total += int((thread / "schedstat").read_text().split()[0])
            except OSError:
                continue
    return total / 1e9


def pss_bytes(pid):
    found = re.search(r"^Pss:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    return int(found[1]) << 10
