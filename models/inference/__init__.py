"""Inference: key-value cache, sampling, grammars, text streams and the engine that joins them.

Nothing is imported here: take what you need from the modules, so that `import models.inference` stays free of
torch.
"""
