"""A topic that is deleted while a broker is away is deleted there too when the broker returns: its logs leave the disk."""
import os
import unittest

import kafka_tools
import kcat
from cluster import Cluster, wait_until
from kafka_tools import TOPICS


class Deletion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(settings=["log.segment.delete.delay.ms=1500"])
        cls.addClassCleanup(cls.cluster.close)

    def logs(self, broker, wanted):
        """The names of directories under the broker's that `wanted` holds for."""
        top = os.path.join(self.cluster.dir, f"broker-{broker}")
        return sorted(name for _, names, _ in os.walk(top) for name in names if wanted(name))

    def topics(self, *arguments):
        return kafka_tools.run(self.cluster, TOPICS, *arguments).stdout

    def test_the_logs_go_when_the_broker_is_back(self):
        for name in ("deleted-a", "deleted-b", "stays"):
            self.topics("--create", "--topic", name, "--partitions", "3", "--replication-factor", "3")
            kcat.run(self.cluster, "-P", "-t", name, stdin=b"value\n" * 100)
        mine = lambda name: name.startswith("deleted-")
        aside = lambda name: name.endswith("-stale")
        self.assertEqual(len(self.logs(3, mine)), 6)
        self.cluster.kill(3)
        self.topics("--delete", "--topic", "deleted-a")
        self.topics("--delete", "--topic", "deleted-b")
        self.assertEqual(self.topics("--list").split(), ["stays"])
        for broker in (1, 2):
            wait_until(lambda: not self.logs(broker, mine) and not self.logs(broker, aside), f"broker {broker} has deleted them")
        self.assertEqual(len(self.logs(3, mine)), 6, "it sleeps")

        self.cluster.start(3)
        wait_until(lambda: not self.logs(3, mine), "they are none of its replicas any more")
        wait_until(lambda: not self.logs(3, aside), "and they leave the disk")
        self.assertEqual(len(self.logs(3, lambda name: name.startswith("stays-"))), 3)
        self.assertEqual(len(kcat.read(self.cluster, "stays")), 100)

    def test_what_was_set_aside_goes_even_if_the_broker_is_killed_before(self):
        self.topics("--create", "--topic", "deleted-c", "--partitions", "2", "--replication-factor", "3")
        self.cluster.kill(2)
        self.topics("--delete", "--topic", "deleted-c")
        self.cluster.start(2)
        wait_until(lambda: not self.logs(2, lambda name: name.startswith("deleted-c")), "set aside")
        self.cluster.kill(2)
        self.cluster.start(2)
        wait_until(lambda: not self.logs(2, lambda name: name.endswith("-stale")), "gone after all")
