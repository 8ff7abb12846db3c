"""What people touch: Gradio pages, CLI, HTTP API and the composition root."""
