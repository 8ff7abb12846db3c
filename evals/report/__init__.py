"""Reports: a result as a terminal table, Markdown, or one HTML file."""
