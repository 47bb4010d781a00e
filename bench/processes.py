"""Starting, watching and ending what a measurement needs: every wait has a deadline, and all that was started is ended by process id.

Children get sessions of their own, so that Ctrl-C reaches bench/run alone, which then ends them in order.
"""
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time


class Trouble(Exception):
    """A measurement can not be made, or not to its end. The text says why, in a sentence that fits under a table."""

    figures = {}  # what had been measured all the same


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def uninterrupted():
    """The signals that end a run are not heeded inside."""
    before = [signal.signal(number, signal.SIG_IGN) for number in SIGNALS]
    try:
        yield
    finally:
        for number, handler in zip(SIGNALS, before):
            signal.signal(number, handler)


def wait_for(condition, seconds, what, pause=0.01):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Trouble(f"{what}: not within {seconds} s")
        time.sleep(pause)


def listening(port):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex(("127.0.0.1", port)) == 0


def bindable(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def check_ports_free(ports, seconds=70):
    """What blocks a port may be a connection that ended a minute ago: that is waited for."""
    for port in ports:
        if listening(port):
            raise Trouble(f"port {port} is taken: end what listens there, or choose others with --port-base")
        wait_for(lambda at=port: bindable(at), seconds, f"port {port}, which nobody listens on, to become free (or choose others with --port-base)", 0.1)


def lent_out(ports):
    """Those of `ports` that the kernel may give to any outgoing connection, which then keeps a server from binding it."""
    try:
        first, last = map(int, pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    except (OSError, ValueError):
        return []
    return [port for port in ports if first <= port <= last]


def run(*argv, seconds=60):
    """A command's output; Trouble with its last words if it fails or does not end."""
    argv = [str(a) for a in argv]
    what = " ".join([pathlib.Path(argv[0]).name, *argv[1:3]])
    try:
        done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, start_new_session=True, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise Trouble(f"`{what}` did not end within {seconds} s") from error
    except OSError as error:
        raise Trouble(f"`{what}` can not be started: {error.strerror}") from error
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        raise Trouble(f"`{what}` failed with {done.returncode}: {words[-1]}")
    return done.stdout


def last_words(path):
    """The line of a log that says what went wrong: the last error, else the last line."""
    try:
        lines = [line.strip() for line in pathlib.Path(path).read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        return "no log"
    # A Java exception's own line stands before its "at …" lines.
    errors = [line for line in lines if ("ERROR" in line or "Exception" in line) and not line.startswith("at ")]
    return (errors or lines or ["an empty log"])[-1]


def end(process, seconds=20):
    """Kills a child and waits for it."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.kill()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired as error:
        raise Trouble(f"process {process.pid} does not end after kill -9") from error


def alive(pid):
    """False for a process that has ended, though nobody may have waited for it."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def started_for(directory):
    """Process ids whose command line names something in `directory`, a temporary one of ours: nobody else's can."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(os.fsencode(str(directory)) + b"/" in word for word in words):
            found.append(int(entry.name))
    return found


def sweep(directory):
    """Ends what an interrupted start may have left behind."""
    for pid in started_for(directory):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    wait_for(lambda: not started_for(directory), 20, f"the end of what ran in {directory}")
