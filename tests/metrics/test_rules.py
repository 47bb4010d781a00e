"""The alert rules and the dashboard, against a real cluster that is broken and mended under the eyes of a real Prometheus: what
they name is there, none of the alerts stirs while all is well, and of each accident exactly the right ones do."""
import collections
import json
import os
import re
import signal
import subprocess
import unittest

from cluster import DASHBOARD, PROMETHEUS, RULES, Cluster, Prometheus, wait_until

# What a busy machine may bring about for a moment, and a moment only: such an alert may be pending, but none may fire.
NOISE = {"BatonStoreSlow", "BatonManagerBusy", "BatonSlowProduce", "BatonFollowerLag", "BatonLeadersSkewed", "BatonControllerChanges"}

# A metric with the matchers behind it, as far as an expression has any.
SELECTOR = re.compile(r"\b((?:kafka|baton)_[a-z_]+|up)\b(\{[^}]*\})?")
SAMPLE = re.compile(r'^([a-z_:][a-z0-9_:]*)(\{.*\})? ([-+0-9.eE]+)$')


def selectors(expression):
    return {name + (matchers or "") for name, matchers in SELECTOR.findall(expression)}


def samples(text):
    found = collections.defaultdict(float)
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, value = SAMPLE.match(line).groups()
            found[name + (labels or "")] = float(value)
    return found


def dashboard_expressions():
    with open(DASHBOARD, encoding="utf-8") as file:
        panels = json.load(file)["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


class Rules(unittest.TestCase):
    """Without a cluster: the rules by themselves, over made-up series."""

    def promtool(self, *arguments):
        done = subprocess.run([os.path.join(PROMETHEUS, "promtool"), *arguments], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_every_rule_parses_and_says_what_to_do(self):
        self.assertIn("SUCCESS", self.promtool("check", "rules", RULES))

    def test_each_alert_waits_as_long_as_it_says(self):
        self.promtool("test", "rules", os.path.join(os.path.dirname(os.path.abspath(__file__)), "rules_test.yml"))

    def test_every_alert_is_among_those_that_are_tried(self):
        with open(RULES, encoding="utf-8") as file:
            alerts = set(re.findall(r"- alert: (\w+)", file.read()))
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "rules_test.yml"), encoding="utf-8") as file:
            tried = set(re.findall(r"exp_samples: .*alertname=\"(\w+)\"", file.read()))
        self.assertEqual(alerts, tried)


class Scene(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.baton("topic create", "orders", "-p", "6", "-r", "3")
        cls.cluster.baton("topic create", "alone", "-p", "1", "--replica-assignment", "2")
        cls.cluster.baton("status", "--wait")
        cls.write()
        cls.prometheus = Prometheus(cls.cluster)
        cls.addClassCleanup(cls.prometheus.close)

    @classmethod
    def write(cls):
        cls.cluster.baton("produce", "orders", feed="".join(f"record {i}\n" for i in range(100)))
        cls.cluster.baton("consume", "orders", "-n", "100")

    def expect_alerts(self, wanted, also=()):
        """All of these hold, and none beside them but those that may or may not."""
        wanted, also = set(wanted), set(also)
        wait_until(lambda: wanted <= self.prometheus.alerts(), lambda: f"{wanted}, and not {self.prometheus.alerts()}")
        self.prometheus.evaluate_again(4)
        alerts = self.prometheus.alerts()
        self.assertLessEqual(wanted, alerts)
        self.assertLessEqual(alerts, wanted | also | NOISE)
        self.assertFalse(self.prometheus.alerts("firing") & NOISE)

    def expect_quiet(self):
        wait_until(lambda: self.prometheus.alerts() <= NOISE, lambda: f"no alert, and not {self.prometheus.alerts()}")

    def test_1_nothing_stirs_while_all_is_well(self):
        wait_until(lambda: len(self.prometheus.query("up == 1")) == 3, "all brokers are scraped")
        self.prometheus.evaluate_again(2)  # rates have two points
        for _ in range(6):
            self.prometheus.evaluate_again()
            self.assertLessEqual(self.prometheus.alerts(), NOISE)
            self.assertEqual(self.prometheus.alerts("firing"), set())

    def test_2_a_dead_broker_and_the_partition_that_it_held_alone(self):
        self.cluster.baton("kill", "2")
        self.expect_alerts({"BatonBrokerDown", "BatonPartitionWithoutLeader", "BatonUnderReplicated"})
        self.cluster.baton("start", "2")
        self.cluster.baton("status", "--wait")
        self.write()
        self.expect_quiet()

    def test_3_too_few_replicas_to_acknowledge(self):
        controller = self.cluster.status()["controller"]["id"]
        for broker in [broker for broker in self.cluster.ids if broker != controller]:
            self.cluster.baton("kill", str(broker))
        # A controller that hears of fewer than half of the brokers may resign and come again.
        self.expect_alerts({"BatonBrokerDown", "BatonUnderReplicated", "BatonPartitionBelowMinimumIsr"},
                           also={"BatonPartitionWithoutLeader", "BatonNoController", "BatonNotFollowing"})
        for broker in [broker for broker in self.cluster.ids if broker != controller]:
            self.cluster.baton("start", str(broker))
        self.cluster.baton("status", "--wait")
        self.expect_quiet()

    # The controller goes on while ZooKeeper is away, as it may; but nobody can follow it then.
    def test_4_zookeeper_is_gone_and_then_the_controller(self):
        controller = self.cluster.status()["controller"]["id"]
        zookeeper = self.cluster.zookeeper_pid()
        os.kill(zookeeper, signal.SIGSTOP)
        try:
            self.expect_alerts({"BatonSessionLost", "BatonLeaseLost"}, also={"BatonNotFollowing", "BatonNotReady"})
            self.cluster.baton("kill", str(controller))
            self.expect_alerts({"BatonNoController", "BatonNotFollowing", "BatonBrokerDown", "BatonSessionLost", "BatonLeaseLost"},
                               also={"BatonNotReady", "BatonUnderReplicated", "BatonPartitionBelowMinimumIsr"})
        finally:
            os.kill(zookeeper, signal.SIGCONT)
        self.cluster.baton("start", str(controller))
        self.cluster.baton("status", "--wait")
        self.expect_quiet()

    # Last, as the failovers before have brought about what is only there after one.
    def test_5_whatever_rules_and_dashboard_select_is_there(self):
        self.write()
        expressions = [rule["query"] for rule in self.prometheus.rules()] + dashboard_expressions()
        self.assertGreater(len(expressions), 40)
        for expression in expressions:
            self.assertTrue(selectors(expression), f"names no metric: {expression}")
            self.prometheus.query(expression)  # parses, and can be evaluated
        for selector in sorted(set().union(*map(selectors, expressions))):
            with self.subTest(selector=selector):
                wait_until(lambda chosen=selector: self.prometheus.query(f"count({chosen})"), f"a series for {selector}", 20)

    def test_6_every_panel_shows_something(self):
        self.write()
        for expression in dashboard_expressions():
            with self.subTest(expression=expression):
                wait_until(lambda chosen=expression: self.prometheus.query(chosen), f"a value of {expression}", 20)

    def test_7_numbers_agree_with_what_was_done(self):
        status = self.cluster.status()
        partitions = status["partitions"]
        total = collections.Counter()
        for broker in self.cluster.ids:
            seen = samples(self.cluster.scrape(broker))
            leads = sum(partition["leader"] == broker for partition in partitions)
            self.assertEqual(seen["kafka_server_replicamanager_leadercount"], leads)
            self.assertEqual(seen["kafka_server_replicamanager_partitioncount"],
                             sum(broker in partition["replicas"] for partition in partitions))
            rules = broker == status["controller"]["id"]
            self.assertEqual(seen["kafka_controller_kafkacontroller_activecontrollercount"], rules)
            self.assertEqual(seen["kafka_controller_kafkacontroller_globalpartitioncount"], len(partitions) if rules else 0)
            self.assertEqual(seen["kafka_controller_kafkacontroller_activebrokercount"], 3 if rules else 0)
            self.assertEqual(seen["baton_controller_epoch"], status["controller"]["epoch"])
            self.assertEqual(seen["baton_metadata_version"], status["metadata_version"])
            self.assertGreater(seen["baton_lease_remaining_seconds"], 0)
            total["orders"] += seen['kafka_server_brokertopicmetrics_messagesin_total{topic="orders"}']
        before = total["orders"]
        self.write()
        after = sum(samples(self.cluster.scrape(broker))['kafka_server_brokertopicmetrics_messagesin_total{topic="orders"}']
                    for broker in self.cluster.ids)
        self.assertEqual(after - before, 100)


if __name__ == "__main__":
    unittest.main()
