"""Messages with what their users mean."""
