"""kafka-configs --alter, and what it changes while everything runs."""
import unittest

import kafka_tools
import kcat
from cluster import Cluster, wait_until
from kafka_tools import CONFIGS, OFFSETS, TOPICS


class Configs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(settings=["log.retention.check.interval.ms=500"])
        cls.addClassCleanup(cls.cluster.close)

    def configs(self, *arguments, check=True):
        done = kafka_tools.run(self.cluster, CONFIGS, *arguments, check=check)
        return done.stdout + done.stderr

    def alter(self, topic, *changes):
        return self.configs("--alter", "--entity-type", "topics", "--entity-name", topic, *changes)

    def own(self, topic):
        return self.configs("--describe", "--entity-type", "topics", "--entity-name", topic)

    def test_a_topics_keys_are_set_appended_to_and_deleted(self):
        self.cluster.create_topic("configs-topic")
        self.alter("configs-topic", "--add-config", "retention.ms=1234567,cleanup.policy=[compact,delete]")
        shown = self.own("configs-topic")
        self.assertIn("retention.ms=1234567 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=1234567, ", shown)
        self.assertIn("cleanup.policy=compact,delete ", shown)
        self.alter("configs-topic", "--delete-config", "retention.ms")
        self.assertNotIn("retention.ms", self.own("configs-topic"))
        self.assertIn("InvalidConfigurationException",
                      self.configs("--alter", "--topic", "configs-topic", "--add-config", "retention.ms=soon", check=False))
        self.assertIn("Unknown topic config name: no.such.key",
                      self.configs("--alter", "--topic", "configs-topic", "--add-config", "no.such.key=1", check=False))
        self.assertIn("UnknownTopicOrPartitionException",
                      self.configs("--alter", "--topic", "configs-nowhere", "--add-config", "retention.ms=1", check=False))

    def test_the_largest_message_changes_live(self):
        self.cluster.create_topic("configs-size")
        big = b"x" * 5000 + b"\n"
        kcat.run(self.cluster, "-P", "-t", "configs-size", stdin=big)
        self.alter("configs-size", "--add-config", "max.message.bytes=1000")
        refused = kcat.run(self.cluster, "-P", "-t", "configs-size", stdin=big, check=False)
        self.assertIn(b"Message size too large", refused.stderr)
        self.alter("configs-size", "--delete-config", "max.message.bytes")
        kcat.run(self.cluster, "-P", "-t", "configs-size", stdin=big)
        self.assertEqual(len(kcat.read(self.cluster, "configs-size")), 2)

    def earliest(self, topic):
        out = kafka_tools.run(self.cluster, OFFSETS, "--topic", topic, "--time", "earliest").stdout
        return int(out.strip().rsplit(":", 1)[1])

    def test_segments_and_retention_change_live(self):
        self.cluster.create_topic("configs-retention")
        self.alter("configs-retention", "--add-config", "segment.bytes=1048576")
        # More than three of the new segments; of the former kind they would fill a small part of one.
        for _ in range(5):
            kcat.run(self.cluster, "-P", "-t", "configs-retention", stdin=b"\n".join([b"y" * 900_000] * 1) + b"\n")
        self.assertEqual(self.earliest("configs-retention"), 0)
        self.alter("configs-retention", "--add-config", "retention.bytes=1")
        wait_until(lambda: self.earliest("configs-retention") > 0, "what is beyond retention is deleted", 60)
        self.assertEqual([len(one.record.value) for one in kcat.read(self.cluster, "configs-retention")][-1], 900_000)

    def produce(self, topic):
        return kcat.run(self.cluster, "-P", "-t", topic, "-X", "acks=all", "-X", "message.timeout.ms=3000", stdin=b"v\n", check=False)

    def test_the_minimum_isr_changes_live_in_both_directions(self):
        self.cluster.create_topic("configs-minimum", min_insync_replicas=1)
        victim = next(b for b in (1, 2, 3) if b != self.cluster.leader("configs-minimum", 0))
        self.cluster.kill(victim)
        try:
            isr = lambda: [p["isr"] for p in self.cluster.status()["partitions"] if p["topic"] == "configs-minimum"][0]
            wait_until(lambda: victim not in isr(), "it left the ISR")
            self.assertEqual(self.produce("configs-minimum").returncode, 0)
            self.alter("configs-minimum", "--add-config", "min.insync.replicas=3")
            self.assertNotEqual(self.produce("configs-minimum").returncode, 0, "two are not enough any more")
            self.alter("configs-minimum", "--add-config", "min.insync.replicas=2")
            self.assertEqual(self.produce("configs-minimum").returncode, 0)
        finally:
            self.cluster.start(victim)

    def test_brokers_keys_for_one_and_for_all(self):
        rate = "leader.replication.throttled.rate"
        self.configs("--alter", "--entity-type", "brokers", "--entity-default", "--add-config", f"{rate}=1000")
        self.configs("--alter", "--entity-type", "brokers", "--entity-name", "2", "--add-config", f"{rate}=2000")
        self.assertIn(f"{rate}=1000", self.configs("--describe", "--entity-type", "brokers", "--entity-default"))
        shown = self.configs("--describe", "--entity-type", "brokers", "--entity-name", "2")
        self.assertIn(f"{rate}=2000 sensitive=false synonyms={{DYNAMIC_BROKER_CONFIG:{rate}=2000, DYNAMIC_DEFAULT_BROKER_CONFIG:{rate}=1000}}", shown)
        self.assertIn(f"{rate}=1000", self.configs("--describe", "--all", "--entity-type", "brokers", "--entity-name", "3"))

        controller = self.cluster.status()["controller"]["id"]
        self.cluster.kill(controller)
        wait_until(lambda: self.cluster.status()["controller"]["id"] not in (-1, controller), "another controller rules")
        self.cluster.start(controller)
        self.assertIn(f"{rate}=2000", self.configs("--describe", "--entity-type", "brokers", "--entity-name", "2"), "they are stored")

        self.configs("--alter", "--entity-type", "brokers", "--entity-name", "2", "--delete-config", rate)
        self.configs("--alter", "--entity-type", "brokers", "--entity-default", "--delete-config", rate)
        self.assertNotIn(rate, self.configs("--describe", "--entity-type", "brokers", "--entity-default"))
        refused = self.configs("--alter", "--entity-type", "brokers", "--entity-name", "1", "--add-config", "log.retention.ms=5", check=False)
        self.assertIn("does not change while a broker runs", refused)

    def test_a_client_that_creates_too_much_waits_and_nobody_else(self):
        def create(topic, partitions):
            done = kafka_tools.run(self.cluster, TOPICS, "--create", "--topic", topic, "--partitions", str(partitions),
                                   "--replication-factor", "3", check=False)
            return done.returncode, done.stdout + done.stderr

        limit = ("--alter", "--entity-type", "brokers", "--entity-default")
        self.configs(*limit, "--add-config", "controller.mutation.rate=1")
        try:
            self.assertEqual(create("quota-large", 100)[0], 0, "one is admitted, however large")
            code, said = create("quota-next", 1)
            self.assertEqual(code, 1)
            self.assertIn("ThrottlingQuotaExceededException", said)
            self.cluster.create_topic("quota-other")
        finally:
            self.configs(*limit, "--delete-config", "controller.mutation.rate")
        self.assertEqual(create("quota-next", 1)[0], 0)
