"""The care for processes: deadlines that hold, and nothing left running."""
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from processes import Trouble, alive, check_ports_free, end, last_words, lent_out, run, started_for, sweep, wait_for

FOREVER = "import time\nwhile True: time.sleep(60)"


class Commands(unittest.TestCase):
    def test_a_failing_command_says_its_last_words(self):
        with self.assertRaisesRegex(Trouble, "failed with 3: no such topic"):
            run(sys.executable, "-c", "import sys; print('no such topic', file=sys.stderr); sys.exit(3)")

    def test_a_command_that_does_not_end_is_ended(self):
        begin = time.monotonic()
        with self.assertRaisesRegex(Trouble, "did not end within 0.2 s"):
            run(sys.executable, "-c", FOREVER, seconds=0.2)
        self.assertLess(time.monotonic() - begin, 30)

    def test_a_missing_program_is_no_crash(self):
        with self.assertRaisesRegex(Trouble, "can not be started"):
            run("/nowhere/baton-cli")


class LastWords(unittest.TestCase):
    def setUp(self):
        self.log = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="baton-bench-test-"))) / "broker.log"

    def test_an_exception_is_told_by_its_own_line(self):
        self.log.write_text("[1] INFO starting\n[2] ERROR Fatal error during startup\norg.x.SessionExpiredException: expired\n  at a.b(C.java:1)\n")
        self.assertEqual(last_words(self.log), "org.x.SessionExpiredException: expired")

    def test_without_an_error_the_last_line_speaks(self):
        self.log.write_text("one\ntwo\n\n")
        self.assertEqual(last_words(self.log), "two")

    def test_no_log_is_no_crash(self):
        self.assertEqual(last_words(self.log), "no log")


class Ports(unittest.TestCase):
    def test_one_that_is_listened_on_is_named_at_once(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            with self.assertRaisesRegex(Trouble, f"port {port} is taken"):
                check_ports_free([port])
        check_ports_free([port], seconds=0)

    def test_one_that_is_bound_otherwise_is_waited_for_only_so_long(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            with self.assertRaisesRegex(Trouble, "to become free"):
                check_ports_free([other.getsockname()[1]], seconds=0)

    def test_those_that_the_kernel_lends_are_known(self):
        first, last = map(int, pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
        self.assertEqual(lent_out([first - 1, first, last, last + 1]), [first, last])


class Waiting(unittest.TestCase):
    def test_what_does_not_come_true_is_named(self):
        with self.assertRaisesRegex(Trouble, "the moon: not within 0 s"):
            wait_for(lambda: False, 0, "the moon")


class Ending(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="baton-bench-test-")))

    def start(self, *words):
        child = subprocess.Popen([sys.executable, "-c", FOREVER, *map(str, words)], start_new_session=True)
        self.addCleanup(lambda: (child.kill(), child.wait()))
        wait_for(lambda: FOREVER.encode() in pathlib.Path(f"/proc/{child.pid}/cmdline").read_bytes(), 20, "the child's start", 0.001)
        return child

    def test_a_stopped_child_ends_too(self):
        child = self.start()
        child.send_signal(19)  # SIGSTOP
        end(child)
        self.assertFalse(alive(child.pid))

    def test_a_sweep_ends_what_works_in_the_directory_and_nothing_else(self):
        ours, other = self.start(self.directory / "broker-1.properties"), self.start(str(self.directory) + "-of-another/x")
        self.assertEqual(started_for(self.directory), [ours.pid])
        sweep(self.directory)
        self.assertFalse(alive(ours.pid))
        self.assertTrue(alive(other.pid))


if __name__ == "__main__":
    unittest.main()
