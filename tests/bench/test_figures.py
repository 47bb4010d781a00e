"""The arithmetic over the rounds: what is the median, what is the worst, who is ahead."""
import math
import unittest

from figures import COUNT, FIGURES, HIGHER, LOWER, Figure, ahead, summarize

TIME = Figure("t", 1, "a time", LOWER)
RATE = Figure("r", 10, "a rate", HIGHER)
LOST = Figure("lost", 1, "lost", COUNT, of="written")


def of(figure, *values):
    return summarize(figure, [{figure.key: value} for value in values])


class Summaries(unittest.TestCase):
    def test_worst_of_times_is_the_longest(self):
        summary = of(TIME, 3, 1, 8)
        self.assertEqual((summary.median, summary.worst, summary.count), (3, 8, 3))

    def test_worst_of_rates_is_the_lowest(self):
        summary = of(RATE, 3, 1, 8, 4)
        self.assertEqual((summary.median, summary.worst), (3.5, 1))

    def test_a_time_that_never_ended_is_the_worst(self):
        summary = of(TIME, 3, None, 5)
        self.assertEqual((summary.median, summary.worst, summary.never), (5, math.inf, 1))

    def test_a_median_of_times_that_mostly_never_ended_is_never(self):
        self.assertEqual(of(TIME, None, 1, None).median, math.inf)
        self.assertEqual(of(TIME, None, 1).median, math.inf)

    def test_rounds_without_the_figure_do_not_count(self):
        summary = summarize(TIME, [{}, {"t": 2}, {"other": 7}])
        self.assertEqual((summary.median, summary.count), (2, 1))
        self.assertIsNone(summarize(TIME, [{}, {"other": 7}]))

    def test_counts_are_summed_with_what_they_are_part_of(self):
        summary = summarize(LOST, [{"lost": 0, "written": 10}, {"lost": 2, "written": 20}, {"written": 99}])
        self.assertEqual((summary.median, summary.whole, summary.count), (2, 30, 2))


class Ahead(unittest.TestCase):
    def test_compares_with_the_better_of_the_others(self):
        self.assertEqual(ahead(TIME, of(TIME, 2), [of(TIME, 10), of(TIME, 6)]), 3)
        self.assertEqual(ahead(RATE, of(RATE, 12), [of(RATE, 4), of(RATE, 6)]), 2)

    def test_says_so_when_behind(self):
        self.assertEqual(ahead(TIME, of(TIME, 10), [of(TIME, 5)]), 0.5)
        self.assertEqual(ahead(RATE, of(RATE, 5), [of(RATE, 10)]), 0.5)

    def test_one_that_never_ended_or_failed_is_not_the_better_one(self):
        self.assertEqual(ahead(TIME, of(TIME, 2), [of(TIME, None), None, of(TIME, 6)]), 3)

    def test_says_nothing_without_both_sides(self):
        self.assertIsNone(ahead(TIME, None, [of(TIME, 5)]))
        self.assertIsNone(ahead(TIME, of(TIME, None), [of(TIME, 5)]))
        self.assertIsNone(ahead(TIME, of(TIME, 5), [None, None]))
        self.assertIsNone(ahead(TIME, of(TIME, 0), [of(TIME, 5)]))
        self.assertIsNone(ahead(LOST, of(LOST, 0), [of(LOST, 5)]))


class Declarations(unittest.TestCase):
    def test_keys_are_unique_and_counts_say_of_what(self):
        keys = [figure.key for figure in FIGURES]
        self.assertEqual(len(keys), len(set(keys)))
        for figure in FIGURES:
            self.assertEqual(figure.better == COUNT, bool(figure.of), figure.key)


if __name__ == "__main__":
    unittest.main()
