"""Sentences and words of English text: what several rooms cut and compare alike."""
