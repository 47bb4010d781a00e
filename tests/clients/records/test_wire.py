"""Frames by hand: versions that are not served, batches that Kafka refuses, and compressed batches that pass untouched."""
import struct
import unittest

import wire
from cluster import shared
from records import CODECS

UNKNOWN_TOPIC_OR_PARTITION, CORRUPT_MESSAGE, MESSAGE_TOO_LARGE, INVALID_TOPIC, INVALID_REQUIRED_ACKS = 3, 2, 10, 17, 21
UNSUPPORTED_VERSION, TRANSACTIONAL_ID_REFUSED, UNSUPPORTED_COMPRESSION, INVALID_RECORD = 35, 53, 76, 87
NOT_LEADER_OR_FOLLOWER = 6
RECORDS = [(b"key-%d" % i, b"value " * 20, [("header", b"%d" % i)]) for i in range(50)]


class Wire(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = shared()
        cls.cluster.create_topic("wire", 3)

    def connect(self, partition=0):
        return wire.Connection(self.cluster.address(self.cluster.leader("wire", partition)))

    def refusal(self, records, **options):
        with self.connect() as connection:
            return wire.produce(connection, "wire", 0, records, **options)[0]

    def test_an_unknown_version_of_api_versions_gets_error_35_and_a_body_of_version_0(self):
        for version in (5, 99, 32767):
            with self.connect() as connection:
                answer = connection.ask(wire.API_VERSIONS, version, b"\x05test\x021\x00", flexible=True)
                error, count, key, oldest, newest = struct.unpack(">hihhh", answer)
                self.assertEqual((error, count, key), (UNSUPPORTED_VERSION, 1, wire.API_VERSIONS))
                # The same connection goes on in a version that is known.
                self.assertEqual((oldest, struct.unpack_from(">h", connection.ask(wire.API_VERSIONS, newest, b"\x05test\x021\x00", True))[0]),
                                 (0, 0))

    def test_another_unknown_version_or_key_closes_the_connection(self):
        for key, version in ((wire.PRODUCE, 2), (wire.PRODUCE, 99), (wire.FETCH, 3), (wire.METADATA, 13), (wire.METADATA, -1), (999, 0), (-1, 0)):
            with self.subTest(key=key, version=version), self.connect() as connection:
                connection.send(struct.pack(">hhi", key, version, 1) + wire.string("wire") + b"\0" * 8)
                self.assertIsNone(connection.receive())

    def test_what_is_advertised_is_what_librdkafka_needs_and_nothing_between_brokers(self):
        with self.connect() as connection:
            answer = connection.ask(wire.API_VERSIONS, 0, b"")
        error, count = struct.unpack_from(">hi", answer)
        ranges = {key: (oldest, newest) for key, oldest, newest in struct.iter_unpack(">hhh", answer[6:6 + 6 * count])}
        self.assertEqual(error, 0)
        # Without version 0 in it librdkafka 2.0 would not compress, though nothing below 3 is served.
        self.assertEqual(ranges[wire.PRODUCE], (0, 11))
        self.assertEqual(ranges[wire.FETCH], (4, 16))
        self.assertFalse(ranges.keys() & {4, 5, 6, 7, 55, 56, 62, 63, 67, 68, 69, 71, 72}, "these are not for clients")

    def test_batches_pass_untouched_in_every_codec(self):
        with self.connect(1) as connection:
            for number, codec in enumerate(CODECS):
                sent = wire.batch(RECORDS, number)
                error, offset = wire.produce(connection, "wire", 1, sent)
                self.assertEqual(error, 0, codec)
                kept = wire.batches(wire.fetch(connection, "wire", 1, offset)[1])[0]
                self.assertEqual(struct.unpack_from(">q", kept)[0], offset)
                # The broker's own are the base offset and the leader epoch; the CRC covers neither.
                self.assertEqual(kept[8:12] + kept[16:], sent[8:12] + sent[16:], codec)

    def test_refusals_have_kafkas_codes(self):
        good = wire.batch(RECORDS)
        flipped = good[:-1] + bytes([good[-1] ^ 1])
        format_1 = good[:16] + b"\x01" + good[17:]
        self.assertEqual(self.refusal(flipped), CORRUPT_MESSAGE)
        self.assertEqual(self.refusal(format_1), INVALID_RECORD)
        self.assertEqual(self.refusal(b""), INVALID_RECORD)
        self.assertEqual(self.refusal(good + good), INVALID_RECORD, "one batch a partition")
        self.assertEqual(self.refusal(struct.pack(">q", 7) + good[8:]), INVALID_RECORD, "offsets are the broker's to give")
        self.assertEqual(self.refusal(wire.batch([(None, b"x" * 1_100_000, [])])), MESSAGE_TOO_LARGE)
        self.assertEqual(self.refusal(good, acks=2), INVALID_REQUIRED_ACKS)
        self.assertEqual(self.refusal(wire.batch(RECORDS, 4), version=6), UNSUPPORTED_COMPRESSION, "zstd came with version 7")
        self.assertEqual(self.refusal(good, transactional_id="mine"), TRANSACTIONAL_ID_REFUSED)
        transactional = wire.batch(RECORDS, is_transactional=True, producer_id=1, producer_epoch=0, base_sequence=0)
        self.assertEqual(self.refusal(transactional), TRANSACTIONAL_ID_REFUSED)
        self.assertEqual(wire.fetch_all(self.cluster, "wire", 0), [], "nothing of it is there")

    def test_who_asks_the_wrong_broker_or_for_the_wrong_topic_is_told_so(self):
        good = wire.batch(RECORDS)
        with self.connect() as connection:
            self.assertEqual(wire.produce(connection, "wire-unknown", 0, good)[0], UNKNOWN_TOPIC_OR_PARTITION)
            self.assertEqual(wire.produce(connection, "wire", 17, good)[0], UNKNOWN_TOPIC_OR_PARTITION)
            self.assertEqual(wire.fetch(connection, "wire-unknown", 0)[0], UNKNOWN_TOPIC_OR_PARTITION)
            elsewhere = next(p for p in range(3) if self.cluster.leader("wire", p) != self.cluster.leader("wire", 0))
            self.assertEqual(wire.produce(connection, "wire", elsewhere, good)[0], NOT_LEADER_OR_FOLLOWER)

    def test_clients_may_not_write_into_the_groups_own_topic(self):
        # A group that is asked for makes the topic.
        with self.connect() as connection:
            connection.ask(10, 0, wire.string("wire-group"))
            self.assertEqual(wire.produce(connection, "__consumer_offsets", 0, wire.batch(RECORDS))[0], INVALID_TOPIC)
