"""The parts of a step that models of spiking neurons share: input, membrane, spikes, and what spikes send on.

A model's own kernel scans over time and calls these in the order of its equations. Whatever is summed is summed in the
order of steps and channels, so that blocks of any length give the same bits.
"""

from __future__ import annotations

import numpy as np

from graphnet import kernel

# ---------------------------------------------------------------------- input


@kernel
def gather(into, step, now, channel, seen, dense, lane, data, targets, indptr):
    """Add the weights of the events of one step; return how many events have been seen since."""
    if dense.shape[0] > 0 and dense.shape[1] == into.shape[0]:
        return gather_whole_rows(into, step, now, channel, seen, dense)
    stop = seen
    while stop < step.shape[0] and step[stop] == now:
        stop += 1
    if stop > seen:
        add_rows(into, channel, seen, stop, dense, lane, data, targets, indptr)
    return stop


@kernel
def gather_whole_rows(into, step, now, channel, seen, dense):
    """``gather`` where a dense row fills ``into``: added while the events are looked for, with the same sums."""
    n = seen
    while n < step.shape[0] and step[n] == now:
        one = dense[channel[n]]
        if n + 1 < step.shape[0] and step[n + 1] == now:
            two = dense[channel[n + 1]]
            for j in range(into.shape[0]):
                into[j] = (into[j] + one[j]) + two[j]
            n += 2
        else:
            for j in range(into.shape[0]):
                into[j] += one[j]
            n += 1
    return n


@kernel
def add_rows(into, channels, low, high, dense, lane, data, targets, indptr):
    """into += rows low to high - 1 of the list of channels, in order.

    A dense row of a channel begins at place ``lane`` of ``into``; two rows of one lane are added in one pass. Otherwise
    the entries n of a row i, indptr[i] <= n < indptr[i + 1], add data[n] at targets[n].
    """
    if dense.shape[0] > 0 and dense.shape[1] == into.shape[0]:
        add_whole_rows(into, channels, low, high, dense)
    elif dense.shape[0] > 0:
        wide = dense.shape[1]
        m = low
        while m < high:
            a = channels[m]
            place = lane[a]
            one, row = dense[a], into[place : place + wide]
            if m + 1 < high and lane[channels[m + 1]] == place:
                two = dense[channels[m + 1]]
                for j in range(wide):
                    row[j] = (row[j] + one[j]) + two[j]
                m += 2
            else:
                for j in range(wide):
                    row[j] += one[j]
                m += 1
    else:
        for m in range(low, high):
            i = channels[m]
            for n in range(indptr[i], indptr[i + 1]):
                into[targets[n]] += data[n]


@kernel
def add_whole_rows(into, channels, low, high, dense):
    """The same sums where a row fills ``into``."""
    m = low
    while m < high:
        one = dense[channels[m]]
        if m + 1 < high:
            two = dense[channels[m + 1]]
            for j in range(into.shape[0]):
                into[j] = (into[j] + one[j]) + two[j]
            m += 2
        else:
            for j in range(into.shape[0]):
                into[j] += one[j]
            m += 1


@kernel
def add_scaled(push, scale, row):
    """push += scale times row, each unit with its own scale."""
    for j in range(push.shape[0]):
        push[j] += scale[j] * row[j]


# ---------------------------------------------------------------------- membrane


@kernel
def integrate(v, wait, keep, base, push, threshold, flags, waits, alike):
    """One step v <- keep v + (base + push) of every neuron; ``flags`` says who reaches the threshold.

    Where anybody is ever refractory (``waits``), those who are keep v and count down. Where all constants are equal
    (``alike``) they are read once: three arrays less, so it all stays in cache.
    """
    if waits and alike:
        integrate_waiting_alike(v, wait, keep[0], base[0], push, threshold[0], flags)
    elif waits:
        integrate_waiting(v, wait, keep, base, push, threshold, flags)
    elif alike:
        integrate_alike(v, keep[0], base[0], push, threshold[0], flags)
    else:
        integrate_each(v, keep, base, push, threshold, flags)


@kernel
def integrate_each(v, keep, base, push, threshold, flags):
    for j in range(v.shape[0]):
        new = keep[j] * v[j] + (base[j] + push[j])
        v[j] = new
        flags[j] = new >= threshold[j]


@kernel
def integrate_alike(v, keep, base, push, threshold, flags):
    for j in range(v.shape[0]):
        new = keep * v[j] + (base + push[j])
        v[j] = new
        flags[j] = new >= threshold


@kernel
def integrate_waiting(v, wait, keep, base, push, threshold, flags):
    for j in range(v.shape[0]):
        free = wait[j] == 0
        new = keep[j] * v[j] + (base[j] + push[j])
        new = new if free else v[j]
        v[j] = new
        wait[j] -= not free
        flags[j] = free & (new >= threshold[j])


@kernel
def integrate_waiting_alike(v, wait, keep, base, push, threshold, flags):
    for j in range(v.shape[0]):
        free = wait[j] == 0
        new = keep * v[j] + (base + push[j])
        new = new if free else v[j]
        v[j] = new
        wait[j] -= not free
        flags[j] = free & (new >= threshold)


# ---------------------------------------------------------------------- spikes


@kernel
def emit(now, flags, words, out_step, out_channel, count):
    """Write an event for everyone flagged; the count since. 64 silent neurons are passed over at once (``words``).

    A branch would be mispredicted at most spikes, so there is none: every candidate is written, and only counted where
    it is one. Groups of words, and then words, with anybody flagged are listed where the steps of the events will be.
    Unsigned places spare every write a look for one below 0.
    """
    first, one, eight = np.uint64(count), np.uint64(1), np.uint64(8)
    whole = np.uint64(words.shape[0] - words.shape[0] % 8)
    listed = first
    for low in range(np.uint64(0), whole, eight):
        out_step[listed] = low
        listed += np.uint64(any_of_eight(words, low) != 0)
    end = listed
    for m in range(first, listed, one):
        low = np.uint64(out_step[m])
        end = list_words(words, low, low + eight, out_step, end)
    end = list_words(words, whole, np.uint64(words.shape[0]), out_step, end)
    n = first
    for m in range(listed, end, one):
        low = np.uint64(out_step[m]) * eight
        for j in range(low, low + eight, one):
            out_channel[n] = j
            n += np.uint64(flags[j])
    last = np.int64(n)
    for m in range(count, last):
        out_step[m] = now
    return last


@kernel
def any_of_eight(words, low):
    two, four = np.uint64(2), np.uint64(4)
    one, three = low + np.uint64(1), low + np.uint64(3)
    some = words[low] | words[one] | words[low + two] | words[three]
    return some | words[low + four] | words[one + four] | words[low + two + four] | words[three + four]


@kernel
def list_words(words, low, high, listed, end):
    """Add those of the words low to high - 1 in which anybody is flagged to a list that ends at ``end``; its end."""
    for word in range(low, high, np.uint64(1)):
        listed[end] = word
        end += np.uint64(words[word] != 0)
    return end


@kernel
def reset(v, wait, channels, low, high, target, subtract, refractory):
    """After a spike: v <- target, or v <- v - target; and the steps of refractoriness that follow."""
    put_back(v, channels, low, high, target, subtract)
    for m in range(low, high):
        wait[channels[m]] = refractory[channels[m]]


@kernel
def put_back(v, channels, low, high, target, subtract):
    """``reset`` of v alone, where nobody is ever refractory."""
    for m in range(low, high):
        j = channels[m]
        v[j] = v[j] - target[j] if subtract else target[j]


@kernel
def send(pending, place, channels, low, high, delay, dense, lane, data, targets, indptr):
    """Add the rows of those who fired to the input that waits for its step.

    Row ``place`` of ``pending`` is the next step's, the rows after it, round the end, those that follow. ``delay``: the
    steps of all synapses; 0 where each has its own, and ``targets`` then count on from (its steps - 1) rows.
    """
    if low == high:
        return
    if delay > 0:
        row = pending[(place + delay - 1) % pending.shape[0]]
        add_rows(row, channels, low, high, dense, lane, data, targets, indptr)
        return
    flat = pending.reshape(pending.size)
    end = np.uint64(pending.size)
    begin = np.uint64(place * pending.shape[1])
    for m in range(low, high):
        i = channels[m]
        for n in range(indptr[i], indptr[i + 1]):
            there = begin + np.uint64(targets[n])
            if there >= end:
                there -= end
            flat[there] += data[n]


@kernel
def arrive(into, row):
    """What was sent for this step is added, and its place is free again."""
    for j in range(row.shape[0]):
        into[j] += row[j]
        row[j] = 0


@kernel
def note(watch, k, variable):
    """Record a variable where that is asked for."""
    if watch.shape[0] > 0:
        watch[k] = variable
