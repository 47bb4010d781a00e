"""Topics get more partitions while clients are at work."""
import re
import unittest

import kafka_tools
import kcat
from cluster import shared, wait_until
from kafka_tools import TOPICS, Console

PARTITION = re.compile(r"\tPartition: (\d+)\tLeader: (\d+|none)\tReplicas: (\S+)\tIsr: (\S*)")


class Growth(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = shared()

    def topics(self, *arguments, check=True):
        return kafka_tools.run(self.cluster, TOPICS, *arguments, check=check)

    def described(self, topic):
        return {int(p): (leader, replicas) for p, leader, replicas, _ in PARTITION.findall(self.topics("--describe", "--topic", topic).stdout)}

    def test_kafka_topics_alters_the_count(self):
        self.topics("--create", "--topic", "grow", "--partitions", "2", "--replication-factor", "3")
        self.topics("--alter", "--topic", "grow", "--partitions", "5")
        found = self.described("grow")
        self.assertEqual(sorted(found), [0, 1, 2, 3, 4], "whoever asks next is told")
        self.assertTrue(all(leader != "none" and len(replicas.split(",")) == 3 for leader, replicas in found.values()), found)
        for count in ("5", "1"):
            done = self.topics("--alter", "--topic", "grow", "--partitions", count, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("InvalidPartitionsException", done.stdout + done.stderr)
        # The tool gives the whole assignment; what is there already must be said again.
        self.topics("--create", "--topic", "grow-assigned", "--replica-assignment", "1:2")
        self.topics("--alter", "--topic", "grow-assigned", "--partitions", "3", "--replica-assignment", "1:2,3:1,2:3")
        self.assertEqual({p: replicas for p, (_, replicas) in self.described("grow-assigned").items()}, {0: "1,2", 1: "3,1", 2: "2,3"})
        done = self.topics("--alter", "--topic", "grow-assigned", "--partitions", "4", "--replica-assignment", "1:2,3:1,2:3,1:77", check=False)
        self.assertIn("InvalidReplicaAssignmentException", done.stdout + done.stderr)

    def test_consumers_and_producers_come_to_use_the_new_ones(self):
        self.cluster.create_topic("grow-live", 1)
        java = Console(self.cluster, "--topic", "grow-live", "--group", "grow-java", "--from-beginning", "--property", "print.partition=true",
                       "--consumer-property", "metadata.max.age.ms=500")
        librdkafka = kcat.start(self.cluster, "-C", "-t", "grow-live", "-u", "-f", "%p %s\n", "-G", "grow-kcat", "grow-live",
                                "-X", "topic.metadata.refresh.interval.ms=500", "-X", "auto.offset.reset=earliest")
        try:
            kcat.run(self.cluster, "-P", "-t", "grow-live", "-p", "0", stdin=b"before\n")
            java.wait_for(lambda lines: any("before" in line for line in lines), "Java's consumer reads")
            self.assertEqual(librdkafka.stdout.readline(), b"0 before\n")
            self.topics("--alter", "--topic", "grow-live", "--partitions", "3")
            # A producer that asks for metadata now is told all three.
            kcat.run(self.cluster, "-P", "-t", "grow-live", "-p", "2", stdin=b"after\n")
            java.wait_for(lambda lines: any(line.startswith("Partition:2") and "after" in line for line in lines), "Java's consumer follows")
            self.assertEqual(librdkafka.stdout.readline(), b"2 after\n")
        finally:
            java.kill()
            librdkafka.kill()
            librdkafka.communicate()

    def test_what_was_grown_outlives_everybody(self):
        self.topics("--create", "--topic", "grow-kept", "--partitions", "1", "--replication-factor", "3")
        self.topics("--alter", "--topic", "grow-kept", "--partitions", "4")
        kcat.run(self.cluster, "-P", "-t", "grow-kept", "-p", "3", stdin=b"kept\n")
        controller = self.cluster.status()["controller"]["id"]
        self.cluster.kill(controller)
        wait_until(lambda: self.cluster.status()["controller"]["id"] not in (-1, controller), "another controller rules")
        self.cluster.start(controller)
        self.assertEqual(sorted(self.described("grow-kept")), [0, 1, 2, 3])
        self.assertEqual([(one.partition, one.record.value) for one in kcat.read(self.cluster, "grow-kept")], [(3, b"kept")])
