"""Learning the merges of byte-level BPE (Sennrich et al. 2016, arXiv:1508.07909), by incremental pair counts.

Contract: a pure function of the multiset of pre-tokens, whatever their order: the most frequent pair is
merged first, and of equally frequent ones the pair with the smaller ids. Cost: a merge visits only the
words that contain its pair, and in each only the places beside the merged pair.

How it is fast without leaving Python: a word is a `str` with one character per token, so a pair is a string
of two characters and `str.split` finds its places, leftmost first and without overlap, at C speed. The
largest count is found in a heap whose entries may be stale: counts only fall for pairs already in it, so an
entry that is too high is pushed back with its true count when it comes up.
"""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Collection, Mapping

from models.tokenizers.special import BYTE_OFFSET, FIRST_MERGE

# Token id -> character, in order of ids and clear of the surrogates, which are no characters.
_BASE = 0xE000
MAX_VOCAB = 0x110000 - _BASE


def learn_merges(
    words: Mapping[bytes, int], count: int, forbidden: Collection[bytes] = ()
) -> list[tuple[int, int]]:
    """Learns up to `count` merges.

    Args:
        words: how often each pre-token, as UTF-8 bytes, occurs.
        count: merges wanted; fewer come back when no pair is left that occurs at least twice.
        forbidden: byte strings that no token may have.

    Returns:
        Pairs of ids in the order in which they were merged; pair number i makes token `FIRST_MERGE + i`.
    """
    table = {byte: _BASE + BYTE_OFFSET + byte for byte in range(256)}
    bytes_of = {chr(code): bytes([byte]) for byte, code in table.items()}
    texts = [word.decode("latin-1").translate(table) for word in words]
    weights = list(words.values())
    taken = {*bytes_of.values(), *forbidden}

    totals: defaultdict[str, int] = defaultdict(int)
    places: defaultdict[str, list[int]] = defaultdict(list)
    for index, text in enumerate(texts):
        weight = weights[index]
        for pair in map("".join, itertools.pairwise(text)):
            totals[pair] += weight
            where = places[pair]
            if not where or where[-1] != index:
                where.append(index)
    heap = [(-total, pair) for pair, total in totals.items()]
    heapq.heapify(heap)

    merges: list[tuple[int, int]] = []
    while heap and len(merges) < count:
        claimed, pair = heapq.heappop(heap)
        total = totals[pair]
        if total != -claimed:
            if total > 1:
                heapq.heappush(heap, (-total, pair))
            continue
        if total < 2:
            break
        joined = bytes_of[pair[0]] + bytes_of[pair[1]]
        # Two pairs may spell the same bytes ("a"+"bc", "ab"+"c"); a token has one spelling: the first wins.
        if joined in taken:
            continue
        taken.add(joined)
        new = chr(_BASE + FIRST_MERGE + len(merges))
        bytes_of[new] = joined
        merges.append((ord(pair[0]) - _BASE, ord(pair[1]) - _BASE))
        for fresh in _merge(pair, new, texts, weights, totals, places):
            heapq.heappush(heap, (-totals[fresh], fresh))
    return merges


def _merge(
    pair: str,
    new: str,
    texts: list[str],
    weights: list[int],
    totals: defaultdict[str, int],
    places: defaultdict[str, list[int]],
) -> set[str]:
    """Replaces `pair` by `new` in every word that has it, keeps the books, returns the pairs that came up."""
    first, second = pair[0], pair[1]
    fresh: set[str] = set()
    for index in places.pop(pair):
        pieces = texts[index].split(pair)
        last = len(pieces) - 1
        if last == 0:  # an earlier merge took the pair out of this word
            continue
        weight = weights[index]
        texts[index] = new.join(pieces)
        for number, piece in enumerate(pieces):
            if piece:
                if number:
                    totals[second + piece[0]] -= weight
                    came = new + piece[0]
                    totals[came] += weight
                    fresh.add(came)
                    places[came].append(index)
                if number < last:
                    totals[piece[-1] + first] -= weight
                    came = piece[-1] + new
                    totals[came] += weight
                    fresh.add(came)
                    places[came].append(index)
            elif 0 < number < last:
                totals[second + first] -= weight
                came = new + new
                totals[came] += weight
                fresh.add(came)
                places[came].append(index)
    totals[pair] = 0
    return fresh
