"""kafka-leader-election as an operator types it."""
import json
import os
import re
import unittest

import kafka_tools
from cluster import Cluster, wait_until
from kafka_tools import ELECTION, TOPICS

LEADER = re.compile(r"\tPartition: (\d+)\tLeader: (\d+|none)\t")


class Elections(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Else a broker that is back gets its leaderships by itself.
        cls.cluster = Cluster(settings=["auto.leader.rebalance.enable=false"])
        cls.addClassCleanup(cls.cluster.close)

    def elect(self, *arguments, kind="preferred", check=True):
        done = kafka_tools.run(self.cluster, ELECTION, "--election-type", kind, *arguments, check=check)
        return done.stdout + done.stderr

    def create(self, topic, assignment, *options):
        kafka_tools.run(self.cluster, TOPICS, "--create", "--topic", topic, "--replica-assignment", assignment, *options)

    def told_leaders(self, topic):
        """What a tool is told of the leaders that asks a moment later."""
        return {int(p): leader for p, leader in LEADER.findall(kafka_tools.run(self.cluster, TOPICS, "--describe", "--topic", topic).stdout)}

    def bounce(self, broker, *topics):
        """Its leaderships go to others, and it is in every ISR again."""
        self.cluster.kill(broker)
        wait_until(lambda: all(p["leader"] != broker for p in self.cluster.status()["partitions"]), f"others lead for {broker}")
        self.cluster.start(broker)
        mine = lambda: [p for p in self.cluster.status()["partitions"] if p["topic"] in topics]
        wait_until(lambda: all(sorted(p["isr"]) == sorted(p["replicas"]) for p in mine()), f"broker {broker} is in sync", 60)

    def test_preferred_by_partition_by_file_and_for_all(self):
        self.create("elect", "1:2:3,2:3:1,1:3:2")
        self.assertEqual(self.told_leaders("elect"), {0: "1", 1: "2", 2: "1"})
        self.assertIn("Valid replica already elected for partitions elect-0", self.elect("--topic", "elect", "--partition", "0"))
        self.bounce(1, "elect")
        self.assertEqual(self.told_leaders("elect"), {0: "2", 1: "2", 2: "3"})

        said = self.elect("--topic", "elect", "--partition", "0")
        self.assertIn("Successfully completed leader election (PREFERRED) for partitions elect-0", said)
        self.assertEqual(self.told_leaders("elect"), {0: "1", 1: "2", 2: "3"}, "whoever asks next is told")

        path = os.path.join(self.cluster.dir, "election.json")
        with open(path, "w") as out:
            json.dump({"partitions": [{"topic": "elect", "partition": 1}, {"topic": "elect", "partition": 2}]}, out)
        said = self.elect("--path-to-json-file", path)
        self.assertIn("Successfully completed leader election (PREFERRED) for partitions elect-2", said)
        self.assertIn("Valid replica already elected for partitions elect-1", said)
        self.assertEqual(self.told_leaders("elect"), {0: "1", 1: "2", 2: "1"})

        self.bounce(1, "elect")
        said = self.elect("--all-topic-partitions")
        self.assertRegex(said, r"Successfully completed leader election \(PREFERRED\) for partitions .*elect-0")
        self.assertEqual(self.told_leaders("elect"), {0: "1", 1: "2", 2: "1"})
        self.assertNotIn("elect-", self.elect("--all-topic-partitions"), "what needs no election is not named")

    def test_who_is_not_there_is_not_elected(self):
        self.create("elect-gone", "3:1:2")
        self.assertIn("UnknownTopicOrPartitionException", self.elect("--topic", "elect-gone", "--partition", "5", check=False))
        self.cluster.kill(3)
        try:
            wait_until(lambda: self.cluster.leader("elect-gone", 0) not in (None, 3), "another leads")
            self.assertIn("PreferredLeaderNotAvailableException", self.elect("--topic", "elect-gone", "--partition", "0", check=False))
        finally:
            self.cluster.start(3)

    def test_unclean_only_where_nobody_leads_and_only_when_asked(self):
        self.create("elect-unclean", "1:2", "--config", "min.insync.replicas=1")
        unclean = ("--topic", "elect-unclean", "--partition", "0")
        self.assertIn("Valid replica already elected", self.elect(*unclean, kind="unclean"))
        try:
            self.cluster.kill(2)
            wait_until(lambda: [p["isr"] for p in self.cluster.status()["partitions"] if p["topic"] == "elect-unclean"] == [[1]], "1 is alone")
            self.cluster.kill(1)
            wait_until(lambda: self.cluster.leader("elect-unclean", 0) is None, "nobody leads")
            self.assertIn("EligibleLeadersNotAvailableException", self.elect(*unclean, kind="unclean", check=False))
            self.cluster.baton("start", "2")
            wait_until(lambda: any(b["id"] == 2 and b["state"] == "live" for b in self.cluster.status()["brokers"]), "2 is back")
            self.assertIn("PreferredLeaderNotAvailableException", self.elect(*unclean, check=False))
            self.assertEqual(self.told_leaders("elect-unclean"), {0: "none"}, "2 may lack what 1 has acknowledged")
            said = self.elect(*unclean, kind="unclean")
            self.assertIn("Successfully completed leader election (UNCLEAN) for partitions elect-unclean-0", said)
            self.assertEqual(self.told_leaders("elect-unclean"), {0: "2"})
        finally:
            for broker in (1, 2):
                self.cluster.baton("start", str(broker), check=False)
            wait_until(lambda: all(b["state"] == "live" for b in self.cluster.status()["brokers"]), "all are back", 60)
