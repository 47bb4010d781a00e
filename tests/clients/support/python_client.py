"""Python's kafka client in the same shape as the other clients: write a list of records, read a topic."""
from cluster import wait_until
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from records import Read, Record


def write(cluster, topic, records, compression=None, partition=None, **options):
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap, compression_type=compression, acks="all", linger_ms=20, **options)
    try:
        sent = [producer.send(topic, value=each.value, key=each.key, headers=list(each.headers), timestamp_ms=each.timestamp,
                              partition=partition) for each in records]
        return [future.get(timeout=60) for future in sent]
    finally:
        producer.close()


def read(cluster, topic, start=None, **options):
    """Every record of a topic; with `start`, of each partition from that offset on."""
    consumer = KafkaConsumer(bootstrap_servers=cluster.bootstrap, group_id=None, auto_offset_reset="earliest", **options)
    try:
        at = [TopicPartition(topic, partition) for partition in sorted(consumer.partitions_for_topic(topic))]
        ends, starts = consumer.end_offsets(at), consumer.beginning_offsets(at)
        consumer.assign(at)
        for partition in at:
            # Not seek_to_beginning(): position() would then wait without ever polling for the answer.
            consumer.seek(partition, starts[partition] if start is None else start)
        found = []
        while any(consumer.position(partition) < ends[partition] for partition in at):
            for partition, batch in consumer.poll(timeout_ms=1000).items():
                for each in batch:
                    record = Record(each.key, each.value, tuple(each.headers), each.timestamp)
                    found.append(Read(partition.partition, each.offset, record))
        return sorted(found, key=lambda one: (one.partition, one.offset))
    finally:
        consumer.close()


def ask_coordinator(cluster, what, question):
    """The answer of an admin client. A coordinator that has just moved is asked again: this admin client does not."""
    answers = []

    def ask():
        admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap)
        try:
            answers.append(question(admin))
        except KafkaError as error:
            if not error.retriable:
                raise
        finally:
            admin.close()
        return answers

    wait_until(ask, what)
    return answers[0]


def committed(cluster, group, topic):
    """{partition: offset} that a group has committed."""
    offsets = ask_coordinator(cluster, f"the coordinator of {group} answers", lambda admin: admin.list_consumer_group_offsets(group))
    return {partition.partition: each.offset for partition, each in offsets.items() if partition.topic == topic}


def members(cluster, group):
    """How many members a group has, 0 while it is rebalancing."""
    described = ask_coordinator(cluster, f"the coordinator of {group} answers", lambda admin: admin.describe_consumer_groups([group]))[0]
    return len(described.members) if described.state == "Stable" else 0
