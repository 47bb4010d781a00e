"""How a round judges: what was lost, and what a resumed leader did."""
import unittest

import rows
from probes import UNANSWERED, Line, lost, records_in


def line(sequence, done, error=0, broker=1):
    return Line(sequence, done - 5, done, broker, error, sequence)


class Lost(unittest.TestCase):
    def test_acknowledged_and_not_there(self):
        records = records_in("raw 1    \nraw 3\nlibrdkafka 2\n")
        self.assertEqual(lost(records, "raw", [line(1, 10), line(2, 11), line(3, 12), line(4, 13, error=6)]), 1)

    def test_another_writer_s_record_is_no_substitute(self):
        self.assertEqual(lost(records_in("librdkafka 2\n"), "raw", [line(2, 10)]), 1)

    def test_duplicates_are_seen(self):
        self.assertEqual(records_in("raw 1\nraw 1\n")[("raw", 1)], 2)


class Resumed(unittest.TestCase):
    def test_only_what_was_settled_after_the_resumption_counts(self):
        lines = [line(1, 10), line(2, 99), line(3, 100), line(4, 101, error=6), line(5, 102, error=UNANSWERED)]
        judged = rows.judge_resumed(lines, 100, records_in("stubborn 1\nstubborn 2\n"))
        self.assertEqual(judged, {"resumed_settled": 3, "resumed_acknowledged": 1, "resumed_lost": 1, "resumed_unanswered": 1})

    def test_an_acknowledged_write_that_is_kept_is_not_lost(self):
        judged = rows.judge_resumed([line(3, 100)], 100, records_in("stubborn 3\n"))
        self.assertEqual((judged["resumed_acknowledged"], judged["resumed_lost"]), (1, 0))


class Times(unittest.TestCase):
    def test_never_stays_never(self):
        self.assertIsNone(rows.milliseconds(0, None))
        self.assertEqual(rows.milliseconds(1_000_000, line(1, 3_500_000)), 2.5)


if __name__ == "__main__":
    unittest.main()
