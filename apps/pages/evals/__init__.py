"""The Evals page: evaluations are started, watched, read and compared.

Contract: importing this imports neither Gradio nor the harness; `apps.pages.evals.page:build` is the page.
"""
