"""Who rules a KRaft cluster, from the bytes of its answer."""
import struct
import unittest

from kafka import METADATA_LOG, decode_quorum_leader


def answer(error=0, partition_error=0, leader=2):
    name = bytes([len(METADATA_LOG) + 1]) + METADATA_LOG
    partition = struct.pack(">ihiiq", 0, partition_error, leader, 7, 1234) + b"\x01\x01\0"
    return struct.pack(">i", 1) + b"\0" + struct.pack(">h", error) + b"\x02" + name + b"\x02" + partition + b"\0\0"


class QuorumLeader(unittest.TestCase):
    def test_is_read_behind_the_topic_s_name(self):
        self.assertEqual(decode_quorum_leader(answer(leader=3)), 3)

    def test_errors_and_nobody_are_no_leader(self):
        for wrong in (answer(error=3), answer(partition_error=6), answer(leader=-1), answer()[:20], b""):
            with self.assertRaises(OSError):
                decode_quorum_leader(wrong)


if __name__ == "__main__":
    unittest.main()
