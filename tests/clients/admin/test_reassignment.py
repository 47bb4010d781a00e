"""kafka-reassign-partitions under a throttle: begun, watched, listed, called off, finished; and kafka-log-dirs."""
import json
import tempfile
import time
import unittest

import kafka_tools
import kcat
from cluster import Cluster, wait_until
from kafka_tools import CONFIGS, LOG_DIRS, REASSIGN

RECORD = 100_000
RECORDS = 60
SIZE = RECORD * RECORDS
THROTTLED = "replication.throttled"


class Reassignment(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)

    def filled(self, topic):
        """A topic of one partition on brokers 1 and 2 that holds SIZE bytes, in batches that are small beside the rates."""
        self.cluster.baton("topic", "create", topic, "--replica-assignment", "1:2")
        lines = b"\n".join(b"%06d" % i + b"x" * (RECORD - 6) for i in range(RECORDS)) + b"\n"
        kcat.run(self.cluster, "-P", "-t", topic, "-X", "acks=all", "-X", "batch.num.messages=1", stdin=lines)
        wait_until(lambda: sorted(self.partition(topic)["isr"]) == [1, 2], "both are in sync")

    def partition(self, topic):
        return next(p for p in self.cluster.status()["partitions"] if p["topic"] == topic)

    def reassign(self, topic, replicas, *arguments, check=True):
        plan = {"version": 1, "partitions": [{"topic": topic, "partition": 0, "replicas": replicas}]}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(plan, file)
            file.flush()
            done = kafka_tools.run(self.cluster, REASSIGN, "--reassignment-json-file", file.name, *arguments, check=check)
        self.assertNotRegex(done.stderr, "ERROR|Exception", done.stdout + done.stderr)
        return done.stdout

    def progress(self, topic):
        lines = self.cluster.baton("topic", "reassignments", "--json").splitlines()
        return next((each for each in map(json.loads, lines) if each["topic"] == topic), None)

    def configs(self, kind, name):
        return kafka_tools.run(self.cluster, CONFIGS, "--describe", "--entity-type", kind, "--entity-name", name).stdout

    def size_on(self, topic, broker):
        out = kafka_tools.run(self.cluster, LOG_DIRS, "--describe", "--topic-list", topic, "--broker-list", str(broker)).stdout
        described = json.loads(out.splitlines()[-1])
        replicas = described["brokers"][0]["logDirs"][0]["partitions"]
        return replicas[0]["size"] if replicas else 0

    def assert_held_to(self, topic, rate, begun):
        """Never more than the rate gives since `begun`, a second's burst and the last batch; yet it goes on."""
        seen = set()

        def several():
            held = self.progress(topic)["adding"][0]["bytes"] or 0
            # The clock is read after the size, so that a slow machine is never taken for a breach.
            self.assertLessEqual(held, rate * (time.monotonic() - begun + 1) + 2 * RECORD)
            seen.add(held)
            return len(seen) >= 4

        wait_until(several, "the replica grows")

    def test_a_throttled_move_is_seen_called_off_begun_again_and_finished(self):
        topic, rate = "moves", 100_000
        self.filled(topic)
        begun = time.monotonic()
        out = self.reassign(topic, [1, 3], "--execute", "--throttle", str(rate))
        self.assertIn("Successfully started partition reassignment for moves-0", out)
        self.assertIn(f"leader.replication.throttled.rate={rate}", self.configs("brokers", "1"))
        self.assertIn(f"follower.replication.throttled.rate={rate}", self.configs("brokers", "3"))
        self.assertIn("follower.replication.throttled.replicas=0:3", self.configs("topics", topic))
        self.assert_held_to(topic, rate, begun)

        now = self.progress(topic)
        self.assertEqual((now["partition"], now["leader"], now["replicas"], now["removing"]), (0, 1, [1, 3, 2], [2]))
        added = now["adding"][0]
        self.assertEqual((added["broker"], added["in_sync"]), (3, False))
        self.assertGreater(added["bytes_left"], 0)
        self.assertGreater(added["records_behind"], 0)
        self.assertRegex(self.cluster.baton("topic", "reassignments"), r"moves-0 +1 +1,3,2 +2 +3 +\d\.\d MB of 6\.\d MB, \d+ records behind")
        self.assertIn("Reassignment of partition moves-0 is still in progress", self.reassign(topic, [1, 3], "--verify", "--preserve-throttles"))
        self.assertRegex(kafka_tools.run(self.cluster, REASSIGN, "--list").stdout, r"moves-0: replicas: 1,3,2\. adding: 3\. removing: 2\.")

        self.assertIn("Successfully cancelled partition reassignment for: moves-0", self.reassign(topic, [1, 3], "--cancel"))
        wait_until(lambda: self.partition(topic)["replicas"] == [1, 2], "the former replicas stand again")
        self.assertIn("No partition is being reassigned", self.cluster.baton("topic", "reassignments"))
        self.assertNotIn(THROTTLED, self.configs("topics", topic) + self.configs("brokers", "1") + self.configs("brokers", "3"))

        self.reassign(topic, [1, 3], "--execute", "--throttle", str(200 * rate))
        wait_until(lambda: self.partition(topic)["replicas"] == [1, 3], "it is done", 60)
        out = self.reassign(topic, [1, 3], "--verify")
        self.assertIn("Reassignment of partition moves-0 is completed", out)
        self.assertIn("Clearing broker-level throttles", out)
        self.assertNotIn(THROTTLED, self.configs("topics", topic) + self.configs("brokers", "1") + self.configs("brokers", "3"))
        self.assertGreaterEqual(self.size_on(topic, 3), SIZE)
        self.assertEqual(self.size_on(topic, 2), 0)
        self.assertEqual(len(kcat.read(self.cluster, topic)), RECORDS)

    def one_side_only(self, topic, side, named):
        """One of the two rates alone holds the move back, and what is produced to the ISR meanwhile is not slowed down."""
        rate = 100_000
        self.filled(topic)
        set_config = lambda kind, name, value: kafka_tools.run(
            self.cluster, CONFIGS, "--alter", "--entity-type", kind, "--entity-name", name, "--add-config", value)
        broker = named.split(":")[1]
        set_config("brokers", broker, f"{side}.{THROTTLED}.rate={rate}")
        set_config("topics", topic, f"{side}.{THROTTLED}.replicas={named}")
        begun = time.monotonic()
        self.reassign(topic, [1, 2, 3], "--execute", "--additional")
        self.assert_held_to(topic, rate, begun)
        # Twenty seconds' worth at acks=all, within the client's patience of eight.
        lines = b"\n".join([b"y" * RECORD] * 20) + b"\n"
        kcat.run(self.cluster, "-P", "-t", topic, "-X", "acks=all", "-X", "message.timeout.ms=8000", stdin=lines)
        self.assertIsNotNone(self.progress(topic), "the move is over although it was held back")
        kafka_tools.run(self.cluster, CONFIGS, "--alter", "--entity-type", "brokers", "--entity-name", broker,
                        "--delete-config", f"{side}.{THROTTLED}.rate")
        wait_until(lambda: sorted(self.partition(topic)["isr"]) == [1, 2, 3], "without a rate it is done soon", 60)

    def test_the_leaders_rate_alone_holds_a_move_back_and_no_member(self):
        self.one_side_only("moves-leader", "leader", "0:1")

    def test_the_followers_rate_alone_holds_a_move_back_and_no_member(self):
        self.one_side_only("moves-follower", "follower", "0:3")
