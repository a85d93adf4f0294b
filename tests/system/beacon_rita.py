"""The beacon score of RITA v5, from its published formulas, independently of anything else here: to stand beside ours on the same series.

Of a pair of hosts, in whole seconds: a mean of four parts, each from 0 to 1. Quartiles are those at rank round(q * (n - 1)).
    timestamps  half the symmetry (Bowley) and half the steadiness (median absolute deviation) of the gaps between different seconds
    sizes       the same of the bytes that the caller sent
    histogram   how even the counts of 24 equal parts of the data's time are, or how well two heights describe them
    duration    how much of the data's time lies between the first and the last one, or the longest run of hours
There is none of fewer than four different seconds, nor of 86,400 connections or more.
"""
import math
from collections import Counter

DAY = 86400
HIGH = 0.8  # its severity "high" begins where a part scores 80 %


def quartiles(values):
    def at(q):
        return values[math.floor(q * (len(values) - 1) + 0.5)]
    return at(0.25), at(0.5), at(0.75)


def bowley(values):
    q1, q2, q3 = quartiles(values)
    if q3 - q1 < 10 or q2 in (q1, q3):
        return 0
    return (q1 + q3 - 2 * q2) / (q3 - q1)


def steadiness(values, default):
    median = quartiles(values)[1]
    if median < 1:
        return default
    deviation = quartiles(sorted(abs(v - median) for v in values))[1]
    return max(0, (median - deviation) / median)


def regularity(values, default):
    values = sorted(values)
    return (1 - abs(bowley(values))) / 2 + steadiness(values, default) / 2


def bars(times, begin, end):
    counts = [0] * 24
    for t in times:
        counts[min(23, max(0, int((t - begin) * 24 / max(end - begin, 1))))] += 1
    return counts


def histogram(counts):
    used = sum(1 for c in counts if c)
    mean = sum(counts) / 24
    spread = math.sqrt(sum((c - mean) ** 2 for c in counts) / 24)
    even = max(0, 1 - spread / mean)
    if used < 11:
        return even
    width = math.ceil(0.05 * max(counts))
    groups = Counter(c // width for c in counts if c)
    two = sum(n for _, n in groups.most_common(2))
    return max(even, min(1, two / max(used - 1, 1)))


def duration(counts, times, begin, end):
    if sum(1 for c in counts if c) < 6:
        return 0
    longest = run = 0
    for c in counts + counts:  # a run goes on beyond the end
        run = run + 1 if c else 0
        longest = max(longest, min(run, 24))
    return min(1, max((max(times) - min(times)) / max(end - begin, 1), longest / 12))


def score(times, sizes, begin, end):
    """Of connections at TIMES (whole seconds) with SIZES sent, in data from BEGIN to END."""
    seconds = sorted(set(times))
    if len(seconds) < 4 or len(times) >= DAY:
        return 0
    counts = bars(times, begin, end)
    return (regularity([b - a for a, b in zip(seconds, seconds[1:])], 1) + regularity(sizes, 0)
            + histogram(counts) + duration(counts, times, begin, end)) / 4


def best_day(times, sizes, most=60):
    """As it runs: over the last 24 hours, asked again and again; the highest of at most MOST askings."""
    best = 0
    step = max(1, len(times) // most)
    for i in range(len(times) - 1, -1, -step):
        first = i
        while first > 0 and times[first - 1] > times[i] - DAY:
            first -= 1
        best = max(best, score(times[first:i + 1], sizes[first:i + 1], times[i] - DAY, times[i]))
    return best


def whole(times, sizes):
    """As if all the data were one import, and no longer than the series: kinder than the program is, whose data ends after 24 hours."""
    return score(times, sizes, times[0], times[-1])
