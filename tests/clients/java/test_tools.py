"""The other programs of Apache Kafka that need no more than the APIs that are served."""
import os
import re
import unittest

import kafka_tools
import python_client
from cluster import shared
from kafka_tools import API_VERSIONS, CLUSTER, CONFIGS, GROUPS, OFFSETS
from records import Record


class Tools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = shared()

    def run_tool(self, program, *arguments):
        done = kafka_tools.run(self.cluster, program, *arguments)
        self.assertNotRegex(done.stderr, "WARN|ERROR|Error|Skip", f"{program} {arguments} complains")
        return done.stdout

    def test_consumer_groups_lists_resets_and_deletes(self):
        self.cluster.create_topic("tools-groups", 2)
        python_client.write(self.cluster, "tools-groups", [Record(b"k", b"v")] * 10)
        python_client.write(self.cluster, "tools-groups", [Record(b"other key", b"v")] * 10)
        kafka_tools.run(self.cluster, kafka_tools.CONSUMER, "--topic", "tools-groups", "--group", "tools", "--from-beginning", "--max-messages", "20")
        self.assertRegex(self.run_tool(GROUPS, "--list", "--state"), r"tools +Empty")
        rows = [line.split() for line in self.run_tool(GROUPS, "--describe", "--group", "tools").splitlines() if line.startswith("tools ")]
        self.assertEqual(sum(int(row[3]) for row in rows), 20)
        self.assertTrue(all(row[3] == row[4] and row[5] == "0" for row in rows), f"no lag: {rows}")
        self.run_tool(GROUPS, "--reset-offsets", "--to-earliest", "--execute", "--group", "tools", "--topic", "tools-groups")
        rows = [line.split() for line in self.run_tool(GROUPS, "--describe", "--group", "tools").splitlines() if line.startswith("tools ")]
        self.assertEqual([(row[3], row[4] == row[5]) for row in rows], [("0", True)] * 2)
        self.run_tool(GROUPS, "--delete", "--group", "tools")
        self.assertNotIn("tools", self.run_tool(GROUPS, "--list").split())

    def test_get_offsets_by_time(self):
        self.cluster.create_topic("tools-offsets", 2)
        python_client.write(self.cluster, "tools-offsets", [Record(value=b"v", timestamp=1_600_000_000_000 + i) for i in (0, 9, 5)], partition=1)
        for time, offset in (("latest", 3), ("earliest", 0), ("max-timestamp", 1), ("1600000000001", 1)):
            out = self.run_tool(OFFSETS, "--topic-partitions", "tools-offsets:1", "--time", time)
            self.assertEqual(out.split(), [f"tools-offsets:1:{offset}"], time)
        self.assertEqual(self.run_tool(OFFSETS, "--topic", "tools-offsets").split(), ["tools-offsets:0:0", "tools-offsets:1:3"])

    def test_configs_are_described_with_where_they_come_from(self):
        self.cluster.create_topic("tools-configs", retention_ms=7654321)
        own = self.run_tool(CONFIGS, "--describe", "--topic", "tools-configs")
        self.assertIn("retention.ms=7654321 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=7654321, "
                      "DEFAULT_CONFIG:log.retention.hours=168}", own)
        self.assertNotIn("segment.bytes", own, "only what is the topic's own")
        every = self.run_tool(CONFIGS, "--describe", "--topic", "tools-configs", "--all")
        self.assertIn("segment.bytes=1073741824", every)
        self.assertIn("min.insync.replicas=2 sensitive=false synonyms={STATIC_BROKER_CONFIG:min.insync.replicas=2, ", every)
        for broker in ("1", "3"):
            self.assertIn(f"broker.id={broker} ", self.run_tool(CONFIGS, "--describe", "--broker", broker, "--all"))

    def test_a_version_of_before_is_not_served_and_the_broker_goes_on(self):
        self.cluster.create_topic("tools-old")
        python_client.write(self.cluster, "tools-old", [Record(value=b"v")])
        host, port = self.cluster.address(self.cluster.leader("tools-old", 0))
        program = os.path.join(os.path.dirname(__file__), "OldVersions.java")
        out = kafka_tools.run(self.cluster, program, f"{host}:{port}", "tools-old", "0", "3", "4", "1", "12", bootstrap=False).stdout
        self.assertEqual(out.splitlines(), ["0 closed", "3 closed", "4 NONE", "1 closed", "12 NONE"])

    def cluster_id(self):
        # Alone among the programs it wants its command first.
        return kafka_tools.run(self.cluster, CLUSTER, "cluster-id", "--bootstrap-server", self.cluster.bootstrap, bootstrap=False).stdout.strip()

    def test_cluster_and_api_versions(self):
        self.assertEqual(self.cluster_id(), f"Cluster ID: {self.cluster.status()['cluster_id']}")
        out = self.run_tool(API_VERSIONS)
        self.assertEqual(len(re.findall(r"^\S+ \(id: \d rack: null\) -> \($", out, re.M)), 3, "every broker answers")
        self.assertIn("Produce(0): 0 to 11 [usable: 11]", out)
        self.assertIn("Fetch(1): 4 to 16 [usable: 16]", out)
