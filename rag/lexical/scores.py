"""From counts to the index of `bm25s`, by its own formulas, for all entries at once.

``BM25.index`` computes the same document by document in Python, several times as slowly; the tests hold both
against each other. The version of bm25s is bounded, since its formulas aren't part of what it calls public.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rag.lexical.counts import Counts

if TYPE_CHECKING:
    from bm25s import BM25

SETTINGS: dict[str, Any] = {"method": "lucene", "k1": 1.5, "b": 0.75}
"""What bm25s does by default, on purpose: on judged questions no other choice was clearly better."""
_AT_ONCE = 1 << 20


def scored(counts: Counts) -> BM25:
    """Returns the index of `counts`; it's good for any number of documents, also for none."""
    from bm25s import BM25
    from bm25s.scoring import _build_idf_array, _select_idf_scorer, _select_tfc_scorer
    from scipy.sparse import csr_matrix

    index = BM25(**SETTINGS)
    documents, stems = len(counts), len(counts.vocabulary)
    found_in = np.bincount(counts.terms, minlength=stems)
    rarity = _build_idf_array(
        dict(enumerate(found_in.tolist())), documents, _select_idf_scorer(index.idf_method), index.dtype
    )
    weigh = _select_tfc_scorer(index.method)
    lengths = counts.lengths
    mean = lengths.mean() if documents else 1.0
    of_entry = np.repeat(lengths, np.diff(counts.ends))
    scores = np.empty(len(counts.terms), dtype=index.dtype)
    for first in range(0, len(scores), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        weight = weigh(
            tf_array=counts.times[some].astype(index.dtype),
            l_d=of_entry[some],
            l_avg=mean,
            k1=index.k1,
            b=index.b,
            delta=index.delta,
        )
        scores[some] = rarity[counts.terms[some]] * weight
    columns = csr_matrix((scores, counts.terms, counts.ends), shape=(documents, max(1, stems))).tocsc()
    index.scores = {
        "data": columns.data,
        "indices": columns.indices.astype(index.int_dtype),
        "indptr": columns.indptr.astype(np.int64),
        "num_docs": documents,
    }
    index.nonoccurrence_array = None
    index.vocab_dict = dict(counts.vocabulary)
    return index
