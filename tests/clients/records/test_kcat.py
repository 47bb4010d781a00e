"""kcat alone: from the beginning, from the end, from a time, keys that are null, large messages and refusals."""
import unittest

import kcat
from cluster import shared, wait_until
from records import Record

MESSAGE_MAX_BYTES = 1048588
# What a batch of one record with neither key nor headers adds to a value of that size.
OVERHEAD_BYTES = 72


class Kcat(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = shared()

    def values(self, topic, *options, **named):
        return [each.record.value for each in kcat.read(self.cluster, topic, *options, **named)]

    def test_keys_headers_and_partitions(self):
        self.cluster.create_topic("kcat-keys", 3)
        records = [Record(b"key-%d" % i, b"value-%d" % i, (("a", b"1"), ("b", b"two"))) for i in range(30)]
        kcat.write(self.cluster, "kcat-keys", records)
        found = kcat.read(self.cluster, "kcat-keys")
        self.assertEqual({each.record._replace(timestamp=None) for each in found}, set(records))
        self.assertEqual({each.partition for each in found}, {0, 1, 2}, "keys are spread")

    def test_null_keys_and_null_values(self):
        self.cluster.create_topic("kcat-null")
        kcat.run(self.cluster, "-P", "-t", "kcat-null", "-Z", "-K", ":", stdin=b"deleted:\n:\n")
        found = [(each.record.key, each.record.value) for each in kcat.read(self.cluster, "kcat-null")]
        self.assertEqual(found, [(b"deleted", None), (None, None)])

    def test_from_the_end_only_what_is_new(self):
        self.cluster.create_topic("kcat-end")
        kcat.run(self.cluster, "-P", "-t", "kcat-end", stdin=b"old\n" * 10)
        self.assertEqual(self.values("kcat-end", start="end"), [])
        self.assertEqual(self.values("kcat-end", start="-3"), [b"old"] * 3, "the last three")
        self.assertEqual(self.values("kcat-end", start="7"), [b"old"] * 3, "from offset 7 on")
        reading = kcat.start(self.cluster, "-C", "-t", "kcat-end", "-o", "end", "-c", "2", "-u")
        try:
            # It says so when it stands at the end; what comes later is new to it.
            line = b""
            while b"Reached end of topic" not in line:
                line = reading.stderr.readline()
                self.assertTrue(line, "kcat ended")
            kcat.run(self.cluster, "-P", "-t", "kcat-end", stdin=b"new\nnewer\n")
            self.assertEqual(reading.communicate(timeout=kcat.TIMEOUT_SECONDS)[0], b"new\nnewer\n")
            self.assertEqual(reading.returncode, 0)
        finally:
            reading.kill()
            reading.communicate()

    def test_from_a_time(self):
        self.cluster.create_topic("kcat-time")
        times = []
        for value in (b"first\n", b"second\n", b"third\n"):
            kcat.run(self.cluster, "-P", "-t", "kcat-time", stdin=value)
            times.append(kcat.read(self.cluster, "kcat-time")[-1].record.timestamp)
        self.assertEqual(times, sorted(set(times)), "each was written in a millisecond of its own")
        self.assertEqual(self.values("kcat-time", start=f"s@{times[1]}"), [b"second", b"third"])
        self.assertEqual(self.values("kcat-time", start=f"s@{times[2] + 1}"), [])

    def test_a_message_of_the_greatest_size_passes_and_one_byte_more_is_refused(self):
        self.cluster.create_topic("kcat-large")
        longest = b"x" * (MESSAGE_MAX_BYTES - OVERHEAD_BYTES)
        options = ("-P", "-t", "kcat-large", "-D", "|", "-X", "message.max.bytes=2000000")
        kcat.run(self.cluster, *options, stdin=longest + b"|")
        refused = kcat.run(self.cluster, *options, stdin=longest + b"x|", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(b"Broker: Message size too large", refused.stderr)
        kcat.run(self.cluster, *options, stdin=b"small|")
        self.assertEqual(self.values("kcat-large"), [longest, b"small"])

    def test_acks_0_1_and_all_and_the_idempotent_producer(self):
        self.cluster.create_topic("kcat-acks")
        for options in (["acks=0"], ["acks=1"], ["acks=all"], ["enable.idempotence=true"]):
            value = options[0].encode()
            kcat.run(self.cluster, "-P", "-t", "kcat-acks", "-X", options[0], stdin=value + b"\n")
            wait_until(lambda: self.values("kcat-acks")[-1:] == [value], f"{options[0]} is there")

    def test_an_unknown_topic_is_made_for_a_producer_and_not_for_a_consumer(self):
        refused = kcat.run(self.cluster, "-C", "-t", "kcat-unknown", "-e", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(b"Unknown topic or partition", refused.stderr)
        kcat.run(self.cluster, "-P", "-t", "kcat-unknown", stdin=b"there\n")
        self.assertEqual(self.values("kcat-unknown"), [b"there"])

    def test_a_kafka_of_before_versions_is_spoken_to_in_vain(self):
        # Produce 0 to 2 and Fetch 0 to 3 carry batches of formats 0 and 1, which nobody serves any more.
        self.cluster.create_topic("kcat-old")
        kcat.run(self.cluster, "-P", "-t", "kcat-old", stdin=b"before\n")
        old = ("-t", "kcat-old", "-X", "api.version.request=false", "-X", "broker.version.fallback=0.9.0")
        sent = kcat.run(self.cluster, "-P", "-X", "message.timeout.ms=2000", *old, stdin=b"old\n", check=False)
        self.assertNotEqual(sent.returncode, 0)
        self.assertIn(b"Delivery failed", sent.stderr)
        # librdkafka's consumer never gives up; it says what is wrong, and reads nothing.
        reading = kcat.start(self.cluster, "-C", "-o", "beginning", "-e", *old)
        try:
            line = b""
            while b"ERROR" not in line:
                line = reading.stderr.readline()
                self.assertTrue(line, "kcat ended")
            self.assertIn(b"Broker transport failure", line)
        finally:
            reading.kill()
            self.assertEqual(reading.communicate()[0], b"")
        self.assertEqual(self.values("kcat-old"), [b"before"], "the brokers go on, and took nothing")
        self.assertTrue(all(broker["state"] == "live" for broker in self.cluster.status()["brokers"]))

    def test_metadata_names_brokers_controller_and_leaders(self):
        self.cluster.create_topic("kcat-list", 3)
        listing = kcat.run(self.cluster, "-L", "-t", "kcat-list").stdout.decode()
        self.assertIn(" 3 brokers:", listing)
        self.assertIn('topic "kcat-list" with 3 partitions:', listing)
        controller = self.cluster.status()["controller"]["id"]
        self.assertRegex(listing, rf"broker {controller} at \S+ \(controller\)")
        for partition in range(3):
            self.assertIn(f"partition {partition}, leader {self.cluster.leader('kcat-list', partition)}, replicas: ", listing)
