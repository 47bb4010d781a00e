"""Consumer groups as applications use them: Python's kafka client and kcat, through rebalances and the coordinator's death."""
import collections
import subprocess
import threading
import unittest

import python_client
from cluster import shared, wait_until
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient

PARTITIONS = 4


class Member:
    """A consumer that polls on a thread of its own, commits what it has read, and keeps it."""

    def __init__(self, cluster, topic, group, **options):
        self.consumer = KafkaConsumer(
            topic, bootstrap_servers=cluster.bootstrap, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False,
            session_timeout_ms=6000, heartbeat_interval_ms=200, metadata_max_age_ms=1000, **options)
        self.read = collections.Counter()
        self.errors = []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopping.is_set():
            try:
                for partition, records in self.consumer.poll(timeout_ms=100).items():
                    for record in records:
                        self.read[(partition.partition, record.offset, record.value)] += 1
                self.consumer.commit()
            except Exception as error:  # a rebalance makes a commit fail; what counts is that it goes on
                self.errors.append(error)

    def assigned(self):
        return {partition.partition for partition in self.consumer.assignment()}

    def values(self):
        return {value for _, _, value in list(self.read)}

    def close(self):
        self.stopping.set()
        self.thread.join(30)
        self.consumer.close()


class KcatMember:
    """kcat -G as a user leaves it running: it prints what it reads, and commits that as it goes."""

    def __init__(self, cluster, topic, group):
        self.process = subprocess.Popen(
            ["kcat", "-b", cluster.bootstrap, "-G", group, "-u", "-X", "auto.offset.reset=earliest", "-X", "auto.commit.interval.ms=100", topic],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.read = []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        for line in self.process.stdout:
            self.read.append(line.rstrip(b"\n"))

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
        self.thread.join(30)
        self.process.stdout.close()


def values(first, count):
    return [b"value-%d" % i for i in range(first, first + count)]


class Groups(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = shared()

    def produce(self, topic, wanted):
        producer = KafkaProducer(bootstrap_servers=self.cluster.bootstrap, acks="all", retries=100, max_in_flight_requests_per_connection=1)
        sent = [producer.send(topic, value, partition=i % PARTITIONS) for i, value in enumerate(wanted)]
        for each in sent:
            each.get(timeout=30)
        producer.close()

    def committed(self, group, topic):
        return python_client.committed(self.cluster, group, topic)

    def test_two_members_share_the_partitions_and_hand_them_over(self):
        topic, group = "shared", "group-shared"
        self.cluster.create_topic(topic, PARTITIONS)
        self.produce(topic, values(0, 40))
        first = Member(self.cluster, topic, group)
        wait_until(lambda: len(first.assigned()) == PARTITIONS, "the only member has every partition")
        second = Member(self.cluster, topic, group)
        wait_until(lambda: len(first.assigned()) == 2 and len(second.assigned()) == 2, "each has half")
        self.assertEqual(first.assigned() | second.assigned(), set(range(PARTITIONS)))
        self.produce(topic, values(40, 40))
        wait_until(lambda: first.values() | second.values() == set(values(0, 80)), "all is read")
        first.close()
        wait_until(lambda: len(second.assigned()) == PARTITIONS, "the other takes over what the first had")
        second.close()
        self.assertEqual(sum(self.committed(group, topic).values()), 80)

    def test_offsets_and_membership_outlive_the_coordinators_broker(self):
        topic, group = "survivor", "group-survivor"
        self.cluster.create_topic(topic, PARTITIONS)
        self.produce(topic, values(0, 40))
        first, second = Member(self.cluster, topic, group), Member(self.cluster, topic, group)
        victim = None
        try:
            wait_until(lambda: len(first.assigned()) == 2 and len(second.assigned()) == 2, "each has half")
            wait_until(lambda: first.values() | second.values() == set(values(0, 40)), "all is read")
            wait_until(lambda: sum(self.committed(group, topic).values()) == 40, "all is committed")
            victim = self.cluster.coordinator(group)
            self.cluster.kill(victim)
            wait_until(lambda: self.cluster.coordinator(group) not in (None, victim), "another coordinator")
            self.assertEqual(sum(self.committed(group, topic).values()), 40)
            self.produce(topic, values(40, 40))
            wait_until(lambda: first.values() | second.values() == set(values(0, 80)), "the group reads on", 60)
            self.assertEqual(first.assigned() | second.assigned(), set(range(PARTITIONS)))
            wait_until(lambda: sum(self.committed(group, topic).values()) == 80, "the group commits on")
        finally:
            first.close()
            second.close()
            if victim is not None:
                self.cluster.start(victim)
        third = Member(self.cluster, topic, group)
        wait_until(lambda: len(third.assigned()) == PARTITIONS, "a later member has every partition")
        self.produce(topic, values(80, 4))
        wait_until(lambda: third.values() >= set(values(80, 4)), "it reads what is new")
        third.close()
        self.assertEqual(third.values(), set(values(80, 4)), "and nothing that was committed before")

    def test_kcat_reads_on_when_its_coordinators_broker_dies(self):
        topic, group = "kcat-survivor", "group-kcat-survivor"
        self.cluster.create_topic(topic, PARTITIONS)
        self.produce(topic, values(0, 40))
        member = KcatMember(self.cluster, topic, group)
        victim = None
        try:
            wait_until(lambda: set(member.read) == set(values(0, 40)), "all is read")
            wait_until(lambda: sum(self.committed(group, topic).values()) == 40, "all is committed")
            victim = self.cluster.coordinator(group)
            self.cluster.kill(victim)
            wait_until(lambda: self.cluster.coordinator(group) not in (None, victim), "another coordinator")
            self.assertEqual(sum(self.committed(group, topic).values()), 40)
            self.produce(topic, values(40, 40))
            wait_until(lambda: set(member.read) == set(values(0, 80)), "kcat reads on", 60)
            wait_until(lambda: sum(self.committed(group, topic).values()) == 80, "kcat commits on")
            self.assertIsNone(member.process.poll(), "it is the same kcat")
        finally:
            member.close()
            if victim is not None:
                self.cluster.start(victim)
        self.produce(topic, values(80, 4))
        self.assertEqual(set(self.kcat_group(group, topic)), set(values(80, 4)), "a later kcat reads nothing of it again")

    def test_a_member_that_vanishes_is_replaced_after_its_session(self):
        topic, group = "vanishing", "group-vanishing"
        self.cluster.create_topic(topic, PARTITIONS)
        stays = Member(self.cluster, topic, group)
        vanishes = subprocess.Popen(["kcat", "-b", self.cluster.bootstrap, "-G", group, "-X", "session.timeout.ms=6000",
                                     "-X", "partition.assignment.strategy=range", topic],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: len(stays.assigned()) == 2, "kcat has half")
        finally:
            vanishes.kill()
            vanishes.wait()
        wait_until(lambda: len(stays.assigned()) == PARTITIONS, "the half comes back")
        stays.close()

    def test_static_members_return_without_a_rebalance(self):
        topic, group = "static", "group-static"
        self.cluster.create_topic(topic, PARTITIONS)
        kcat = ["kcat", "-b", self.cluster.bootstrap, "-G", group, "-X", "group.instance.id=one", "-X", "session.timeout.ms=30000", topic]
        seen = []
        for _ in range(2):
            member = subprocess.Popen(kcat, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            line = ""
            while "assigned" not in line:
                line = member.stderr.readline()
                self.assertTrue(line, "kcat ended")
            seen.append(line[line.index("assigned"):])
            member.kill()
            member.wait()
            member.stderr.close()
        self.assertEqual(seen[0], seen[1])

    def kcat_group(self, group, topic):
        # Ends by itself at the end of all partitions.
        done = subprocess.run(["kcat", "-b", self.cluster.bootstrap, "-G", group, "-e", "-q", "-u", "-X", "auto.offset.reset=earliest", topic],
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()

    def test_kcat_reads_on_where_it_stopped(self):
        topic, group = "kcat", "group-kcat"
        self.cluster.create_topic(topic, PARTITIONS)
        self.produce(topic, values(0, 20))
        self.assertEqual(set(self.kcat_group(group, topic)), set(values(0, 20)))
        self.produce(topic, values(20, 20))
        self.assertEqual(set(self.kcat_group(group, topic)), set(values(20, 20)))

    def test_admin_lists_describes_and_deletes_groups(self):
        topic, group = "admin", "group-admin"
        self.cluster.create_topic(topic, PARTITIONS)
        member = Member(self.cluster, topic, group)
        wait_until(lambda: len(member.assigned()) == PARTITIONS, "assigned")
        admin = KafkaAdminClient(bootstrap_servers=self.cluster.bootstrap)
        self.assertIn((group, "consumer"), [tuple(each)[:2] for each in admin.list_consumer_groups()])
        described = admin.describe_consumer_groups([group])[0]
        self.assertEqual((described.state, len(described.members)), ("Stable", 1))
        self.assertNotEqual(admin.delete_consumer_groups([group])[0][1].errno, 0, "a group with members stays")
        member.close()
        wait_until(lambda: admin.describe_consumer_groups([group])[0].state == "Empty", "empty")
        self.assertEqual(admin.delete_consumer_groups([group])[0][1].errno, 0)
        self.assertNotIn(group, [each[0] for each in admin.list_consumer_groups()])
        admin.close()
