"""With auto.create.topics.enable=false a topic that is not there stays so, whoever asks, and each client is told."""
import unittest

import kafka_tools
import kcat
from cluster import Cluster
from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaTimeoutError
from kafka_tools import CONSUMER, PRODUCER


class MissingTopics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(settings=["auto.create.topics.enable=false"])

    @classmethod
    def tearDownClass(cls):
        cls.cluster.close()

    def tearDown(self):
        self.assertEqual(kcat.run(self.cluster, "-L").stdout.count(b'topic "missing'), 0, "nobody made it")

    def test_kcat(self):
        for mode in ("-P", "-C"):
            done = kcat.run(self.cluster, mode, "-t", "missing-kcat", "-e", "-X", "message.timeout.ms=2000", stdin=b"x\n", check=False)
            self.assertNotEqual(done.returncode, 0, mode)
            self.assertIn(b"Unknown topic or partition", done.stderr, mode)

    def test_python(self):
        producer = KafkaProducer(bootstrap_servers=self.cluster.bootstrap, max_block_ms=1000)
        with self.assertRaises(KafkaTimeoutError):
            producer.send("missing-python", b"x").get(10)
        producer.close()
        consumer = KafkaConsumer(bootstrap_servers=self.cluster.bootstrap)
        self.assertIsNone(consumer.partitions_for_topic("missing-python"))
        consumer.close()

    def test_java(self):
        done = kafka_tools.run(self.cluster, PRODUCER, "--topic", "missing-java", "--sync", "--max-block-ms", "1000", stdin=b"x\n", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("missing-java=UNKNOWN_TOPIC_OR_PARTITION", done.stderr)
        done = kafka_tools.run(self.cluster, CONSUMER, "--topic", "missing-java", "--from-beginning", "--timeout-ms", "1500", check=False)
        self.assertIn("missing-java=UNKNOWN_TOPIC_OR_PARTITION", done.stderr)
        self.assertIn("Processed a total of 0 messages", done.stderr)
