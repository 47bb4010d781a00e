"""Brokers that say where they stand: the replicas of every partition are spread over racks, and leaders over brokers."""
import collections
import os
import signal
import subprocess
import unittest

from cluster import BIN, Cluster, wait_until
from kafka.admin import KafkaAdminClient, NewTopic

RACKS = {1: "a", 2: "a", 3: "b", 4: "c", 5: "b"}


class Racks(unittest.TestCase):
    """The command gives every broker the same properties, so each is ended and started again with a rack of its own."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(brokers=len(RACKS))
        cls.processes = []
        cls.addClassCleanup(cls.end)
        for broker, rack in RACKS.items():
            cls.cluster.kill(broker)
            properties = os.path.join(cls.cluster.dir, f"broker-{broker}", "broker.properties")
            with open(os.path.join(cls.cluster.dir, f"rack-{broker}.log"), "wb") as log:
                cls.processes.append(subprocess.Popen([os.path.join(BIN, "baton-broker"), properties, "--override", f"broker.rack={rack}"],
                                                      stdout=log, stderr=log))
        cls.admin = KafkaAdminClient(bootstrap_servers=cls.cluster.bootstrap)
        cls.addClassCleanup(cls.admin.close)
        wait_until(lambda: cls.racks() == RACKS, "every broker is there and in its rack")

    @classmethod
    def end(cls):
        for process in cls.processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        cls.cluster.close()

    @classmethod
    def racks(cls):
        return {broker["node_id"]: broker["rack"] for broker in cls.admin.describe_cluster()["brokers"]}

    def created(self, topic, partitions, replicas):
        """The partitions of a new topic, as Metadata tells of them."""
        self.admin.create_topics([NewTopic(topic, partitions, replicas)])
        found = []

        def all_are_led():
            found[:] = self.admin.describe_topics([topic])[0]["partitions"]
            return len(found) == partitions and all(each["leader"] in RACKS for each in found)

        wait_until(all_are_led, f"{topic} is led")
        return found

    def test_a_replica_in_every_rack_where_there_are_as_many_racks(self):
        for partition in self.created("racks-three", 15, 3):
            self.assertEqual({RACKS[broker] for broker in partition["replicas"]}, {"a", "b", "c"}, partition)

    def test_fewer_replicas_than_racks_stand_in_different_ones(self):
        for partition in self.created("racks-two", 15, 2):
            self.assertEqual(len({RACKS[broker] for broker in partition["replicas"]}), 2, partition)

    def test_more_replicas_than_racks_leave_none_empty(self):
        for partition in self.created("racks-four", 15, 4):
            self.assertEqual(len(set(partition["replicas"])), 4, partition)
            self.assertEqual({RACKS[broker] for broker in partition["replicas"]}, {"a", "b", "c"}, partition)

    def test_leaders_are_spread_all_the_same(self):
        leaders = collections.Counter(partition["leader"] for partition in self.created("racks-leaders", 10, 3))
        self.assertEqual(set(leaders.values()), {2}, leaders)
