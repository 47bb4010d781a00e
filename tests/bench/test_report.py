"""The table: what stands in its cells, also when rounds failed or times never ended."""
import unittest

import report
from figures import FIGURES

NAMES = {"baton": "Baton", "kafka-kraft": "Kafka, KRaft"}


def sample(system, number, figures=None, failures=None):
    return {"system": system, "round": number, "figures": figures or {}, "failures": failures or {}}


def document(*samples, rows=(1,), systems=("baton", "kafka-kraft")):
    return {"setting": "default", "when": "now", "machine": "one", "load": 0.1, "versions": ["Baton 1"], "rows": list(rows),
            "systems": list(systems), "names": NAMES, "samples": list(samples)}


def cells(text, label):
    (line,) = [line for line in text.splitlines() if label in line]
    return [cell.strip() for cell in line.strip("|").split(" | ")]


class Table(unittest.TestCase):
    def test_median_worst_and_ratio(self):
        text = report.table(document(sample("baton", 1, {"kill_raw_ms": 5.0}), sample("baton", 2, {"kill_raw_ms": 6.04}),
                                     sample("baton", 3, {"kill_raw_ms": 4.0}), sample("kafka-kraft", 1, {"kill_raw_ms": 10000.4})))
        self.assertEqual(cells(text, "raw probe")[2:], ["5.0 / 6.0", "10,000 / 10,000", "2,000x"])

    def test_counts_say_of_how_many(self):
        text = report.table(document(sample("baton", 1, {"kill_lost": 0, "kill_acknowledged": 1200}),
                                     sample("kafka-kraft", 1, {"kill_lost": 3, "kill_acknowledged": 1000})))
        self.assertEqual(cells(text, "records lost")[2:], ["0 of 1,200", "3 of 1,000", "–"])

    def test_a_system_that_failed_shows_the_reason_beside_the_other_s_figures(self):
        text = report.table(document(sample("baton", 1, {"kill_raw_ms": 5.0}), sample("kafka-kraft", 1, failures={"1": "port | taken"})))
        self.assertIn("failed: port \\| taken", text)
        self.assertIn("5.0 / 5.0", text)

    def test_a_failed_round_among_others_is_counted(self):
        text = report.table(document(sample("baton", 1, {"kill_raw_ms": 5.0}), sample("baton", 2, failures={"1": "x"}),
                                     sample("baton", 3, failures={"3": "another row"})))
        self.assertEqual(cells(text, "raw probe")[2], "5.0 / 5.0 (1 of 2 rounds failed)")

    def test_what_was_measured_before_a_failure_counts(self):
        text = report.table(document(sample("baton", 1, {"kill_raw_ms": 5.0}, {"1": "it does not return"})))
        self.assertEqual(cells(text, "raw probe")[2], "5.0 / 5.0")
        self.assertIn("failed: it does not return", text)

    def test_never(self):
        text = report.table(document(*(sample("baton", n, {"kill_raw_ms": ms}) for n, ms in enumerate((3.0, None, 4.0))),
                                     sample("kafka-kraft", 1, {"kill_raw_ms": None})))
        self.assertEqual(cells(text, "raw probe")[2:], ["4.0 / never (1 of 3 never)", "never / never", "–"])

    def test_only_the_rows_that_were_asked_for(self):
        text = report.table(document(rows=(13,)))
        self.assertIn("PSS", text)
        self.assertNotIn("kill -9", text)

    def test_alone_nothing_is_compared(self):
        text = report.table(document(sample("baton", 1, {"kill_raw_ms": 5.0}), systems=("baton",)))
        self.assertNotIn("ahead", text)


class Footnotes(unittest.TestCase):
    def test_name_every_failure_and_what_each_row_does_not_show(self):
        text = report.footnotes(document(sample("baton", 2, failures={"3": "it would not stop"}), rows=(1, 3)))
        self.assertIn("round 2, Baton, row 3: it would not stop", text)
        for row in (1, 3):
            self.assertIn(report.NOT_SHOWN[row], text)
        self.assertNotIn(report.NOT_SHOWN[10], text)

    def test_every_row_says_what_it_does_not_show(self):
        self.assertEqual({figure.row for figure in FIGURES}, set(report.NOT_SHOWN))

    def test_a_run_cut_short_counts_whole_rounds(self):
        text = report.footnotes(document(sample("baton", 1), sample("kafka-kraft", 1), sample("baton", 2)))
        self.assertIn("Rounds: 1,", text)


if __name__ == "__main__":
    unittest.main()
