"""Instructions for tuning a small decoder that can word, copy and rearrange what stands before it.

Each kind has a module with one generator: summaries, rewriting of follow-up questions, joined questions taken
apart, plans, classes, copying. No answer needs more than its prompt: it's part of the prompt, or made of it
by a rule that is written here. Requests have many wordings, and everything is drawn from a seed.
"""
