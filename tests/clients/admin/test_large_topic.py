"""Ten thousand partitions in one request: created, shown on the way, and led by all brokers alike."""
import collections
import os
import re
import subprocess
import unittest

import kcat
from cluster import BIN, Cluster

PARTITIONS = 10_000


class LargeTopic(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)

    def test_it_is_created_and_every_broker_leads_its_share(self):
        command = [os.path.join(BIN, "baton-cli"), "topic", "create", "large", "--dir", self.cluster.dir, "-p", str(PARTITIONS), "-r", "3"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=400)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("Created topic large.", done.stdout)
        shown = [tuple(map(int, numbers)) for numbers in re.findall(r"(\d+) of (\d+) partitions have a leader", done.stderr)]
        # On a fast machine there may be nothing to tell of the way; what is told grows, and ends with all of them.
        self.assertEqual(shown, sorted(shown))
        if shown:
            self.assertEqual(shown[-1], (PARTITIONS, PARTITIONS))

        mine = [each for each in self.cluster.status()["partitions"] if each["topic"] == "large"]
        self.assertEqual(len(mine), PARTITIONS)
        leaders = collections.Counter(each["leader"] for each in mine)
        self.assertLessEqual(max(leaders.values()) - min(leaders.values()), 1, leaders)
        self.assertTrue(all(len(each["isr"]) == 3 for each in mine))
        for partition in (0, PARTITIONS // 2, PARTITIONS - 1):
            kcat.run(self.cluster, "-P", "-t", "large", "-p", str(partition), "-X", "acks=all", stdin=b"value\n")
