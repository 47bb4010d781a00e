"""With auto.create.topics.enable=false a topic that is not there stays so, whoever asks, and each client is told."""
import unittest

import kafka_tools
import kcat
from cluster import Cluster, wait_until
from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaTimeoutError
from kafka_tools import PRODUCER, Console


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
            done = kcat.run(self.cluster, mode, "-t", "missing-kcat", "-e", "-X", "topic.metadata.propagation.max.ms=100", stdin=b"x\n", check=False)
            self.assertNotEqual(done.returncode, 0, mode)
            self.assertRegex(done.stderr, b"(Broker|Local): Unknown topic", mode)

    def test_python(self):
        producer = KafkaProducer(bootstrap_servers=self.cluster.bootstrap, max_block_ms=1000)
        with self.assertRaises(KafkaTimeoutError):
            producer.send("missing-python", b"x").get(10)
        producer.close()
        consumer = KafkaConsumer(bootstrap_servers=self.cluster.bootstrap)
        self.assertFalse(consumer.partitions_for_topic("missing-python"))
        consumer.close()

    def test_java(self):
        done = kafka_tools.run(self.cluster, PRODUCER, "--topic", "missing-java", "--sync", "--max-block-ms", "5000", stdin=b"x\n", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Topic missing-java not present in metadata", done.stderr)
        console = Console(self.cluster, "--topic", "missing-java", "--from-beginning")
        wait_until(lambda: any("missing-java=UNKNOWN_TOPIC_OR_PARTITION" in line for line in console.said), "the consumer is told", 60)
        console.kill()
        self.assertEqual(console.lines, [])
