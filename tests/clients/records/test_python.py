"""Python's kafka client alone: times, the idempotent producer, offsets by time, large messages and refusals."""
import unittest

import python_client
from cluster import shared, wait_until
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic
from kafka.errors import InvalidTimestampError, KafkaError, MessageSizeTooLargeError, TopicAlreadyExistsError
from records import Record

LONG_AGO_MS = 1_500_000_000_000
# What a batch of one record with neither key nor headers adds to a value of millions of bytes.
OVERHEAD_BYTES = 74


class Python(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = shared()

    def values(self, topic, **options):
        return [each.record.value for each in python_client.read(self.cluster, topic, **options)]

    def test_times_headers_and_nulls_come_back_as_they_were_given(self):
        self.cluster.create_topic("python-records", 2)
        records = [Record(None, b"no key", (), LONG_AGO_MS), Record(b"no value", None, (("h", b""), ("h", b"\x00\xff")), LONG_AGO_MS + 5),
                   Record(b"", b"", (), LONG_AGO_MS - 5)]
        sent = python_client.write(self.cluster, "python-records", records, partition=1)
        self.assertEqual([each.offset for each in sent], [0, 1, 2])
        found = python_client.read(self.cluster, "python-records")
        self.assertEqual([each.record for each in found], records)
        self.assertEqual({each.partition for each in found}, {1})

    def test_a_topic_may_take_the_brokers_time_instead(self):
        self.cluster.create_topic("python-append-time", message_timestamp_type="LogAppendTime")
        sent = python_client.write(self.cluster, "python-append-time", [Record(value=b"x", timestamp=LONG_AGO_MS)])
        found = python_client.read(self.cluster, "python-append-time")[0].record
        self.assertGreater(found.timestamp, LONG_AGO_MS)
        self.assertEqual(found.timestamp, sent[0].timestamp, "the producer is told")

    def test_offsets_by_time(self):
        self.cluster.create_topic("python-times")
        python_client.write(self.cluster, "python-times", [Record(value=b"%d" % i, timestamp=LONG_AGO_MS + 10 * i) for i in range(10)])
        at = TopicPartition("python-times", 0)
        consumer = KafkaConsumer(bootstrap_servers=self.cluster.bootstrap)
        found = {asked: consumer.offsets_for_times({at: LONG_AGO_MS + asked})[at] for asked in (-1, 0, 31, 90, 91)}
        self.assertEqual((consumer.beginning_offsets([at])[at], consumer.end_offsets([at])[at]), (0, 10))
        consumer.close()
        self.assertEqual({asked: each and (each.offset, each.timestamp - LONG_AGO_MS) for asked, each in found.items()},
                         {-1: (0, 0), 0: (0, 0), 31: (4, 40), 90: (9, 90), 91: None})

    def test_from_the_end_only_what_is_new(self):
        self.cluster.create_topic("python-end")
        python_client.write(self.cluster, "python-end", [Record(value=b"old")] * 5)
        consumer = KafkaConsumer(bootstrap_servers=self.cluster.bootstrap, auto_offset_reset="latest")
        at = TopicPartition("python-end", 0)
        consumer.assign([at])
        wait_until(lambda: not consumer.poll(timeout_ms=50) and consumer.position(at, timeout_ms=0) == 5, "it stands at the end")
        python_client.write(self.cluster, "python-end", [Record(value=b"new")])
        self.assertEqual(next(consumer).value, b"new")
        consumer.close()
        self.assertEqual(self.values("python-end", start=3), [b"old", b"old", b"new"])

    def test_the_idempotent_producer(self):
        self.cluster.create_topic("python-idempotent", 3)
        records = [Record(b"%d" % i, b"%d" % i) for i in range(300)]
        python_client.write(self.cluster, "python-idempotent", records, enable_idempotence=True)
        self.assertEqual(sorted(self.values("python-idempotent")), sorted(each.value for each in records))

    def test_a_topics_own_limit_is_kept_to_the_byte(self):
        limit = 5_000_000
        self.cluster.create_topic("python-large", max_message_bytes=limit)
        producer = KafkaProducer(bootstrap_servers=self.cluster.bootstrap, max_request_size=2 * limit, acks="all")
        longest = b"x" * (limit - OVERHEAD_BYTES)
        self.assertEqual(producer.send("python-large", longest).get(60).offset, 0)
        with self.assertRaises(MessageSizeTooLargeError):
            producer.send("python-large", longest + b"x").get(60)
        producer.close()
        self.assertEqual(self.values("python-large"), [longest])

    def test_a_time_that_the_topic_does_not_allow_is_refused(self):
        self.cluster.create_topic("python-too-old", message_timestamp_before_max_ms=3_600_000)
        with self.assertRaises(InvalidTimestampError):
            python_client.write(self.cluster, "python-too-old", [Record(value=b"x", timestamp=LONG_AGO_MS)], retries=0)
        self.assertEqual(self.values("python-too-old"), [])

    def test_a_client_that_takes_the_brokers_for_old_ones_is_not_served(self):
        self.cluster.create_topic("python-old")
        python_client.write(self.cluster, "python-old", [Record(value=b"before")])
        with self.assertRaises(KafkaError):
            python_client.write(self.cluster, "python-old", [Record(value=b"old")], api_version=(0, 9), retries=0, request_timeout_ms=3000,
                                max_block_ms=10_000)
        consumer = KafkaConsumer("python-old", bootstrap_servers=self.cluster.bootstrap, group_id=None, auto_offset_reset="earliest",
                                 api_version=(0, 9), consumer_timeout_ms=2000)
        try:
            self.assertEqual(list(consumer), [])
        except KafkaError:
            pass
        finally:
            consumer.close()
        self.assertEqual(self.values("python-old"), [b"before"], "the brokers go on, and took nothing")
        self.assertTrue(all(broker["state"] == "live" for broker in self.cluster.status()["brokers"]))

    def test_admin_creates_describes_and_deletes_topics(self):
        admin = KafkaAdminClient(bootstrap_servers=self.cluster.bootstrap)
        admin.create_topics([NewTopic("python-admin", 2, 3, topic_configs={"retention.ms": "12345678"})])
        with self.assertRaises(TopicAlreadyExistsError):
            admin.create_topics([NewTopic("python-admin", 2, 3)])
        described = admin.describe_topics(["python-admin"])[0]
        self.assertEqual((described["error_code"], len(described["partitions"])), (0, 2))
        entries = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, "python-admin")])[0].resources[0][4]
        self.assertIn(("retention.ms", "12345678"), [each[:2] for each in entries])
        admin.delete_topics(["python-admin"])
        self.assertNotIn("python-admin", admin.list_topics())
        admin.close()
