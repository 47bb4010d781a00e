"""Java's console producer and consumer as a user types them."""
import unittest

import kafka_tools
import kcat
import python_client
from cluster import shared, wait_until
from kafka_tools import CONSUMER, PERFORMANCE, PRODUCER, Console
from records import Record, without_times

MESSAGE_MAX_BYTES = 1048588
# What a batch of one record with neither key nor headers adds to a value of that size.
OVERHEAD_BYTES = 72


def lines(values):
    return b"".join(each + b"\n" for each in values)


class ConsolePrograms(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = shared()

    def values(self, topic):
        return [each.record.value for each in python_client.read(self.cluster, topic)]

    def test_a_topic_that_is_not_there_is_made_on_the_way(self):
        wanted = [b"line %d" % i for i in range(100)]
        done = kafka_tools.run(self.cluster, PRODUCER, "--topic", "java-new", stdin=lines(wanted))
        self.assertNotIn("ERROR", done.stderr)
        self.assertEqual(self.values("java-new"), wanted)

    def test_keys_and_headers_there_and_back_over_three_partitions(self):
        self.cluster.create_topic("java-records", 3)
        records = [Record(b"key-%d" % i, b"value-%d" % i, (("one", b"1"), ("number", b"%d" % i))) for i in range(60)]
        kafka_tools.write(self.cluster, "java-records", records)
        found = kafka_tools.read(self.cluster, len(records), "--topic", "java-records", "--from-beginning")
        self.assertCountEqual(without_times([each.record for each in found]), records)
        self.assertEqual(found, kcat.read(self.cluster, "java-records"))
        self.assertEqual({each.partition for each in found}, {0, 1, 2})

    def test_a_partition_from_an_offset(self):
        self.cluster.create_topic("java-offset", 2)
        for partition in (0, 1):
            python_client.write(self.cluster, "java-offset", [Record(value=b"%d-%d" % (partition, i)) for i in range(10)], partition=partition)
        done = kafka_tools.run(self.cluster, CONSUMER, "--topic", "java-offset", "--partition", "1", "--offset", "7", "--max-messages", "3")
        self.assertEqual(done.stdout.split(), ["1-7", "1-8", "1-9"])

    def test_from_the_end_only_what_is_new(self):
        self.cluster.create_topic("java-end")
        python_client.write(self.cluster, "java-end", [Record(value=b"old")] * 10)
        console = Console(self.cluster, "--topic", "java-end")
        written = 0

        def shows_something():
            nonlocal written
            python_client.write(self.cluster, "java-end", [Record(value=b"new-%d" % written)])
            written += 1
            return console.lines

        wait_until(shows_something, "the console shows what is new", 60)
        console.wait_for(lambda seen: seen[-1] == f"new-{written - 1}", "it shows the last")
        console.interrupt()
        first = int(console.lines[0].split("-")[1])
        self.assertEqual(console.lines, [f"new-{i}" for i in range(first, written)], "from where it joined to the end, and nothing old")

    def test_times_are_the_producers_or_the_brokers_as_the_topic_says(self):
        time_ms = 1_600_000_000_123
        for kind in ("CreateTime", "LogAppendTime"):
            self.cluster.create_topic(f"java-{kind}", message_timestamp_type=kind)
            python_client.write(self.cluster, f"java-{kind}", [Record(value=b"x", timestamp=time_ms)])
        done = kafka_tools.run(self.cluster, CONSUMER, "--include", "java-(Create|LogAppend)Time", "--from-beginning", "--max-messages", "2",
                               "--property", "print.timestamp=true")
        shown = dict(line.split("\t")[0].split(":") for line in done.stdout.splitlines())
        self.assertEqual(shown["CreateTime"], str(time_ms))
        self.assertGreater(int(shown["LogAppendTime"]), time_ms)

    def test_only_committed_reads_what_is_there_since_there_are_no_transactions(self):
        python_client.write(self.cluster, "java-isolation", [Record(value=b"x")] * 5)
        done = kafka_tools.run(self.cluster, CONSUMER, "--topic", "java-isolation", "--from-beginning", "--max-messages", "5",
                               "--isolation-level", "read_committed")
        self.assertEqual(done.stdout.split(), ["x"] * 5)

    def test_a_message_of_the_greatest_size_passes_and_one_byte_more_is_refused(self):
        self.cluster.create_topic("java-large")
        longest = b"x" * (MESSAGE_MAX_BYTES - OVERHEAD_BYTES)
        # One by one: a batch of several that is too large would be split and tried again.
        done = kafka_tools.run(self.cluster, PRODUCER, "--topic", "java-large", "--sync", "--producer-property", "max.request.size=3000000",
                               stdin=lines([longest, b"small", longest + b"x", b"not sent any more"]), check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("RecordTooLargeException", done.stderr)
        self.assertIn(f"max.message.bytes is {MESSAGE_MAX_BYTES}", done.stderr, "the broker's refusal, not the client's own")
        self.assertEqual(self.values("java-large"), [longest, b"small"])
        done = kafka_tools.run(self.cluster, CONSUMER, "--topic", "java-large", "--from-beginning", "--max-messages", "2")
        self.assertEqual(done.stdout.encode(), lines([longest, b"small"]))

    def test_a_transactional_id_is_refused_for_good_and_at_once(self):
        # Were it taken for a passing trouble, the client would try again for max.block.ms, a minute.
        done = kafka_tools.run(self.cluster, PERFORMANCE, "--topic", "java-transaction", "--num-records", "10", "--record-size", "10",
                               "--throughput", "-1", "--transactional-id", "mine", "--transaction-duration-ms", "100", "--producer-props",
                               f"bootstrap.servers={self.cluster.bootstrap}", "max.block.ms=3600000", bootstrap=False, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("TransactionalIdAuthorizationException", done.stderr)

    def test_the_idempotent_producer_at_speed(self):
        self.cluster.create_topic("java-performance", 3)
        done = kafka_tools.run(self.cluster, PERFORMANCE, "--topic", "java-performance", "--num-records", "20000", "--record-size", "100",
                               "--throughput", "-1", "--producer-props", f"bootstrap.servers={self.cluster.bootstrap}", "compression.type=lz4",
                               bootstrap=False)
        self.assertIn("20000 records sent", done.stdout)
        self.assertEqual(len(self.values("java-performance")), 20000)
