"""Java's console consumer in a group, as a user types it, and kafka-consumer-groups."""
import unittest

import kafka_tools
import kcat
import python_client
from cluster import shared, wait_until
from kafka_tools import GROUPS, Console
from records import Record

PARTITIONS = 4
IN_GROUP = ("--from-beginning", "--property", "print.partition=true", "--consumer-property", "session.timeout.ms=6000",
            "--consumer-property", "heartbeat.interval.ms=200", "--consumer-property", "auto.commit.interval.ms=100",
            "--consumer-property", "metadata.max.age.ms=1000")


def values(lines):
    return {line.split("\t")[1] for line in lines}


def partitions(lines):
    return {line.split("\t")[0] for line in lines}


class JavaGroups(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = shared()

    def join(self, topic, group):
        return Console(self.cluster, "--topic", topic, "--group", group, *IN_GROUP)

    def produce(self, topic, first, count):
        for partition in range(PARTITIONS):
            records = [Record(value=b"%d-%d" % (partition, first + i)) for i in range(count)]
            python_client.write(self.cluster, topic, records, partition=partition)
        return {f"{partition}-{first + i}" for partition in range(PARTITIONS) for i in range(count)}

    def described(self, group, *what):
        """The table of --describe, a dictionary a line."""
        done = kafka_tools.run(self.cluster, GROUPS, "--describe", "--group", group, *what)
        rows = [line.split() for line in done.stdout.splitlines() if line.strip()]
        heads = next((row for row in rows if row[0] == "GROUP"), None)
        self.assertIsNotNone(heads, done.stdout + done.stderr)
        return [dict(zip(heads, row)) for row in rows if row[0] == group]

    def committed(self, group, topic):
        return sum(python_client.committed(self.cluster, group, topic).values())

    def test_offsets_are_kept_over_a_restart_of_the_consumer(self):
        self.cluster.create_topic("java-restart", PARTITIONS)
        first = self.produce("java-restart", 0, 10)
        done = kafka_tools.run(self.cluster, kafka_tools.CONSUMER, "--topic", "java-restart", "--group", "restart", "--from-beginning",
                               "--max-messages", str(len(first)))
        self.assertEqual(set(done.stdout.split()), first)
        more = self.produce("java-restart", 10, 5)
        done = kafka_tools.run(self.cluster, kafka_tools.CONSUMER, "--topic", "java-restart", "--group", "restart", "--from-beginning",
                               "--max-messages", str(len(more)))
        self.assertEqual(set(done.stdout.split()), more, "what was committed is not read again, --from-beginning or not")
        # kcat is another client of the same group, and goes on where Java stopped.
        self.produce("java-restart", 15, 1)
        done = kcat.run(self.cluster, "-G", "restart", "-e", "-q", "-u", "-X", "auto.offset.reset=earliest", "java-restart")
        self.assertEqual(set(done.stdout.decode().split()), {f"{partition}-15" for partition in range(PARTITIONS)})

    def test_two_share_the_partitions_and_the_one_that_is_left_takes_them_all(self):
        self.cluster.create_topic("java-shared", PARTITIONS)
        first = self.join("java-shared", "shared-java")
        second = self.join("java-shared", "shared-java")
        try:
            wait_until(lambda: python_client.members(self.cluster, "shared-java") == 2, "both are members", 60)
            self.assertEqual([row["#PARTITIONS"] for row in self.described("shared-java", "--members")], ["2", "2"])
            written = self.produce("java-shared", 0, 5)
            first.wait_for(lambda seen: values(seen) | values(second.lines) == written, "all is read")
            self.assertEqual((len(partitions(first.lines)), len(partitions(second.lines))), (2, 2))
            self.assertIn("Stable", str(self.described("shared-java", "--state")))
            first.interrupt()
            more = self.produce("java-shared", 5, 5)
            second.wait_for(lambda seen: values(seen) >= more, "the other reads on for both")
            self.assertEqual(len(first.lines) + len(second.lines), len(written | more), "nothing was read twice")
        finally:
            first.interrupt()
            second.interrupt()
        self.assertEqual(self.committed("shared-java", "java-shared"), len(written | more))

    def test_offsets_and_membership_outlive_the_coordinators_broker(self):
        group = "survivor-java"
        self.cluster.create_topic("java-survivor", PARTITIONS)
        members = [self.join("java-survivor", group), self.join("java-survivor", group)]
        victim = None
        try:
            written = self.produce("java-survivor", 0, 10)
            members[0].wait_for(lambda seen: values(seen) | values(members[1].lines) >= written, "all is read")
            wait_until(lambda: self.committed(group, "java-survivor") == len(written), "all is committed", 60)
            victim = self.cluster.coordinator(group)
            self.cluster.kill(victim)
            wait_until(lambda: self.cluster.coordinator(group) not in (None, victim), "another coordinator")
            self.assertEqual(self.committed(group, "java-survivor"), len(written))
            more = self.produce("java-survivor", 10, 10)
            members[0].wait_for(lambda seen: values(seen) | values(members[1].lines) >= more, "the group reads on")
            wait_until(lambda: self.committed(group, "java-survivor") == len(written | more), "the group commits on", 60)
        finally:
            for member in members:
                member.interrupt()
            if victim is not None:
                self.cluster.start(victim)
        last = self.produce("java-survivor", 20, 1)
        later = self.join("java-survivor", group)
        later.wait_for(lambda seen: values(seen) >= last, "a later member reads what is new")
        later.interrupt()
        self.assertEqual(values(later.lines), last, "and nothing that was committed before")
