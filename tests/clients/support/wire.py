"""Kafka frames by hand: for requests that no client would send, and for looking at batches as they lie in the log."""
import socket
import struct

from kafka.record.default_records import DefaultRecordBatchBuilder

PRODUCE, FETCH, METADATA, API_VERSIONS = 0, 1, 3, 18
CODEC_BITS = 0x07


def string(text):
    return struct.pack(">h", -1) if text is None else struct.pack(">h", len(text)) + text.encode()


class Connection:
    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=30)
        self.correlation = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, frame):
        self.socket.sendall(struct.pack(">i", len(frame)) + frame)

    def ask(self, key, version, body, flexible=False):
        """The response's body; `flexible` says that the request's header has tags."""
        self.correlation += 1
        self.send(struct.pack(">hhi", key, version, self.correlation) + string("wire") + (b"\0" if flexible else b"") + body)
        frame = self.receive()
        assert frame is not None, f"the connection was closed on API {key} version {version}"
        assert struct.unpack_from(">i", frame)[0] == self.correlation
        return frame[4:]

    def receive(self):
        """The next frame; None when the broker closed the connection."""
        size = self.take(4)
        return None if size is None else self.take(struct.unpack(">i", size)[0])

    def take(self, count):
        got = b""
        while len(got) < count:
            try:
                part = self.socket.recv(count - len(got))
            except ConnectionResetError:
                part = b""
            if not part:
                return None
            got += part
        return got


def batch(records, codec=0, **options):
    """A record batch with its CRC, written by Python's client. Records are (key, value, headers)."""
    settings = {"magic": 2, "compression_type": codec, "is_transactional": False, "producer_id": -1, "producer_epoch": -1,
                "base_sequence": -1, "batch_size": 1 << 30, **options}
    builder = DefaultRecordBatchBuilder(**settings)
    for i, (key, value, headers) in enumerate(records):
        builder.append(i, 1_700_000_000_000 + i, key, value, headers)
    return bytes(builder.build())


def produce(connection, topic, partition, records, version=8, acks=-1, transactional_id=None):
    """(error code, base offset) of a Produce request, versions 3 to 8."""
    body = string(transactional_id) + struct.pack(">hi", acks, 30_000)
    body += struct.pack(">i", 1) + string(topic) + struct.pack(">iii", 1, partition, len(records)) + records
    answer = connection.ask(PRODUCE, version, body)
    at = 4 + 2 + len(topic) + 4 + 4
    return struct.unpack_from(">hq", answer, at)


def fetch(connection, topic, partition, offset=0):
    """(error code, bytes of the records) of a Fetch request, version 4."""
    body = struct.pack(">iiiib", -1, 5000, 1, 1 << 30, 0)
    body += struct.pack(">i", 1) + string(topic) + struct.pack(">iiqi", 1, partition, offset, 1 << 30)
    answer = connection.ask(FETCH, 4, body)
    at = 4 + 4 + 2 + len(topic) + 4 + 4
    error = struct.unpack_from(">h", answer, at)[0]
    at += 2 + 8 + 8
    aborted = struct.unpack_from(">i", answer, at)[0]
    at += 4 + max(aborted, 0) * 16
    size = struct.unpack_from(">i", answer, at)[0]
    return error, answer[at + 4:at + 4 + max(size, 0)]


def batches(records):
    """The batches of a fetched piece, one bytes object each."""
    found = []
    while len(records) >= 12:
        size = 12 + struct.unpack_from(">i", records, 8)[0]
        if size > len(records):
            break
        found.append(records[:size])
        records = records[size:]
    return found


def codec_of(one):
    return struct.unpack_from(">h", one, 21)[0] & CODEC_BITS


def fetch_all(cluster, topic, partition=0):
    """Every batch of a partition."""
    found, offset = [], 0
    with Connection(cluster.address(cluster.leader(topic, partition))) as connection:
        while True:
            error, records = fetch(connection, topic, partition, offset)
            assert error == 0, error
            some = batches(records)
            if not some:
                return found
            found += some
            base, delta = struct.unpack_from(">q", some[-1])[0], struct.unpack_from(">i", some[-1], 23)[0]
            offset = base + delta + 1
