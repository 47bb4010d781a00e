"""A record as every client of these tests hands it over and brings it back."""
import collections

# key, value: bytes or None; headers: a tuple of (str, bytes); timestamp: ms, None where the writer chooses.
Record = collections.namedtuple("Record", "key value headers timestamp", defaults=(None, None, (), None))

# A record that was read: where it lay, too.
Read = collections.namedtuple("Read", "partition offset record")

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


def without_times(records):
    """What a writer that cannot choose timestamps can be held to."""
    return [record._replace(timestamp=None) for record in records]
