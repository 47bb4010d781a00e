"""kafka-topics as an operator types it."""
import re
import unittest

import kafka_tools
from cluster import shared, wait_until
from kafka_tools import TOPICS

PARTITION = re.compile(r"\tTopic: (\S+)\tPartition: (\d+)\tLeader: (\d+|none)\tReplicas: (\S+)\tIsr: (\S*)")


class Topics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = shared()

    def topics(self, *arguments, check=True):
        return kafka_tools.run(self.cluster, TOPICS, *arguments, check=check)

    def refused(self, wanted, *arguments):
        done = self.topics(*arguments, check=False)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(wanted, done.stdout + done.stderr)

    def described(self, *arguments):
        """{(topic, partition): (leader, replicas, isr)} of --describe."""
        found = PARTITION.findall(self.topics("--describe", *arguments).stdout)
        return {(topic, int(partition)): (leader, replicas.split(","), isr.split(",") if isr else []) for topic, partition, leader, replicas, isr in found}

    def test_create_list_describe_delete(self):
        self.topics("--create", "--topic", "tools-a", "--partitions", "3", "--replication-factor", "3", "--config", "retention.ms=1234567",
                    "--config", "max.message.bytes=50000")
        self.refused("already exists", "--create", "--topic", "tools-a")
        self.topics("--create", "--topic", "tools-a", "--if-not-exists")
        self.topics("--create", "--topic", "tools-b", "--replica-assignment", "1:2,2:3")
        self.assertLessEqual({"tools-a", "tools-b"}, set(self.topics("--list").stdout.split()))

        wait_until(lambda: len(self.described("--topic", "tools-b")) == 2, "both partitions are described")
        found = self.described("--topic", "tools-b")
        self.assertEqual([found["tools-b", 0][1], found["tools-b", 1][1]], [["1", "2"], ["2", "3"]])
        for leader, replicas, isr in self.described("--topic", "tools-a").values():
            self.assertIn(leader, replicas)
            self.assertCountEqual(replicas, isr)
        headline = self.topics("--describe", "--topic", "tools-a").stdout.splitlines()[0]
        self.assertIn("PartitionCount: 3\tReplicationFactor: 3\t", headline)
        self.assertIn("max.message.bytes=50000", headline)
        self.assertIn("retention.ms=1234567", headline)
        self.assertEqual(headline, self.topics("--describe", "--topics-with-overrides", "--topic", "tools-a").stdout.strip())

        self.topics("--delete", "--topic", "tools-b")
        self.assertNotIn("tools-b", self.topics("--list").stdout.split())
        self.refused("does not exist", "--describe", "--topic", "tools-b")
        self.refused("does not exist", "--delete", "--topic", "tools-b")

    def test_what_cannot_be_created_is_refused_with_its_reason(self):
        self.refused("only letters, digits", "--create", "--topic", "bad topic")
        self.refused("Unknown topic config name: nonsense", "--create", "--topic", "tools-no", "--config", "nonsense=1")
        self.refused("Replication factor 9 is larger", "--create", "--topic", "tools-no", "--replication-factor", "9")
        self.refused("InvalidReplicaAssignmentException", "--create", "--topic", "tools-no", "--replica-assignment", "1:77")

    def test_filters_show_what_a_dead_broker_leaves_behind(self):
        self.topics("--create", "--topic", "tools-filter", "--replica-assignment", "1:2:3,3:1:2")
        self.topics("--create", "--topic", "tools-alone", "--replica-assignment", "3,1", "--config", "min.insync.replicas=1")
        mine = ("--topic", "tools-.*")
        for filter_ in ("--under-replicated-partitions", "--unavailable-partitions", "--under-min-isr-partitions"):
            self.assertEqual(self.described(filter_, *mine), {}, filter_)
        self.cluster.kill(3)
        try:
            wait_until(lambda: self.cluster.leader("tools-filter", 1) not in (None, 3), "another leads")
            all_of_filter = {("tools-filter", 0), ("tools-filter", 1)}
            self.assertLessEqual(all_of_filter, self.described("--under-replicated-partitions", *mine).keys())
            unavailable = self.described("--unavailable-partitions", *mine)
            self.assertEqual([(at, leader, replicas) for at, (leader, replicas, _) in unavailable.items()], [(("tools-alone", 0), "none", ["3"])])
            self.assertLessEqual(all_of_filter, self.described("--at-min-isr-partitions", *mine).keys(), "two of three, and two are needed")
            self.assertTrue(all(leader != "3" and isr == sorted(isr) and "3" not in isr
                                for leader, _, isr in self.described("--topic", "tools-filter").values()))
        finally:
            self.cluster.start(3)
        wait_until(lambda: self.described("--under-replicated-partitions", *mine) == {}, "all are in sync again", 60)
