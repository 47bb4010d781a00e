"""What one client writes, the others read: keys, values, headers, times and every compression codec.

Writers and readers are Java's console programs, kcat (librdkafka) and Python's client. Each codec has a topic of its own, and
the bytes in the log say that the codec of the writer is what was kept."""
import unittest

import kafka_tools
import kcat
import python_client
import wire
from cluster import shared
from records import CODECS, Record, without_times

RECORDS_EACH = 20


def records_of(writer, codec):
    """Worth compressing: a client sends a batch as it is when compressing does not make it smaller."""
    headers = (("writer", writer.encode()), ("codec", codec.encode()))
    return [Record(b"%s-%d" % (writer.encode(), i), b"%s %d " % (codec.encode(), i) + b"again and " * 30, headers) for i in range(RECORDS_EACH)]


def write_by_java(cluster, topic, records, codec):
    kafka_tools.write(cluster, topic, records, "--compression-codec", codec)


def write_by_kcat(cluster, topic, records, codec):
    kcat.write(cluster, topic, records, "-z", codec)


def write_by_python(cluster, topic, records, codec):
    python_client.write(cluster, topic, records, None if codec == "none" else codec)


WRITERS = {"java": write_by_java, "kcat": write_by_kcat, "python": write_by_python}


class Exchange(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = shared()
        cls.written = {}
        for codec in CODECS:
            topic = f"exchange-{codec}"
            cls.cluster.create_topic(topic)
            cls.written[topic] = [record for writer in WRITERS for record in records_of(writer, codec)]
            for writer, write in WRITERS.items():
                write(cls.cluster, topic, records_of(writer, codec), codec)

    def check(self, topic, found):
        self.assertEqual([each.offset for each in found], list(range(len(found))))
        self.assertEqual(without_times([each.record for each in found]), self.written[topic])

    def test_the_log_holds_each_batch_in_its_writers_codec(self):
        for number, codec in enumerate(CODECS):
            with self.subTest(codec=codec):
                found = wire.fetch_all(self.cluster, f"exchange-{codec}")
                self.assertGreaterEqual(len(found), len(WRITERS))
                self.assertEqual({wire.codec_of(each) for each in found}, {number})

    def test_kcat_and_python_read_all_and_agree_to_the_millisecond(self):
        for topic in self.written:
            with self.subTest(topic=topic):
                by_kcat, by_python = kcat.read(self.cluster, topic), python_client.read(self.cluster, topic)
                self.check(topic, by_kcat)
                self.assertEqual(by_kcat, by_python)

    def test_java_reads_what_python_reads(self):
        # One run for all topics: the values tell them apart.
        wanted = [each for topic in self.written for each in python_client.read(self.cluster, topic)]
        found = kafka_tools.read(self.cluster, len(wanted), "--include", "exchange-.*", "--from-beginning")
        self.assertEqual(sorted(found), sorted(wanted))
