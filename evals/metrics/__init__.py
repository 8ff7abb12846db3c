"""Metrics: pure functions of plain values that import nothing of ours.

`METRICS` lists them, name → ``"module:attribute"``; listing imports none.
"""

from collections.abc import Mapping

METRICS: Mapping[str, str] = {
    # Language models
    "bits_per_byte": "evals.metrics.bits_per_byte:bits_per_byte",
    "cross_entropy": "evals.metrics.cross_entropy:cross_entropy",
    "perplexity": "evals.metrics.perplexity:perplexity",
    "token_accuracy": "evals.metrics.token_accuracy:token_accuracy",
    # Texts against references
    "bleu": "evals.metrics.bleu:bleu",
    "corpus_bleu": "evals.metrics.bleu:corpus_bleu",
    "chrf": "evals.metrics.chrf:chrf",
    "corpus_chrf": "evals.metrics.chrf:corpus_chrf",
    "rouge": "evals.metrics.rouge:rouge",
    "exact_match": "evals.metrics.exact_match:exact_match",
    "token_f1": "evals.metrics.token_f1:token_f1",
    # Ranked lists
    "recall_at_k": "evals.metrics.recall_at_k:recall_at_k",
    "precision_at_k": "evals.metrics.precision_at_k:precision_at_k",
    "reciprocal_rank": "evals.metrics.reciprocal_rank:reciprocal_rank",
    "average_precision": "evals.metrics.average_precision:average_precision",
    "ndcg": "evals.metrics.ndcg:ndcg",
    "context_relevance": "evals.metrics.context_relevance:context_relevance",
    # Scores against labels
    "auroc": "evals.metrics.auroc:auroc",
    "balanced_accuracy": "evals.metrics.balanced_accuracy:balanced_accuracy",
    "best_threshold": "evals.metrics.best_threshold:best_threshold",
    "brier": "evals.metrics.brier:brier",
    "ece": "evals.metrics.ece:ece",
    "reliability_bins": "evals.metrics.reliability:reliability_bins",
    # Time and memory
    "percentile": "evals.metrics.latency:percentile",
    "throughput": "evals.metrics.latency:throughput",
    "peak_memory": "evals.metrics.memory:peak_memory",
    "peak_gpu_memory": "evals.metrics.memory:peak_gpu_memory",
    # Answers from passages
    "faithfulness": "evals.metrics.faithfulness:faithfulness",
    "hallucination_rate": "evals.metrics.hallucination:hallucination_rate",
    "analyse": "evals.metrics.hallucination:analyse",
    "answer_relevance": "evals.metrics.answer_relevance:answer_relevance",
    "lexical_relevance": "evals.metrics.answer_relevance:lexical_relevance",
    "citation_recall": "evals.metrics.citations:citation_recall",
    "citation_precision": "evals.metrics.citations:citation_precision",
    "abstention": "evals.metrics.abstention:abstention",
    # Tools and tasks
    "tool_calls": "evals.metrics.tool_calls:match_category",
    "trajectory": "evals.metrics.trajectory:trajectory_match",
    "task_success": "evals.metrics.task_success:task_success",
    "leaks": "evals.metrics.leaks:leaks",
}
