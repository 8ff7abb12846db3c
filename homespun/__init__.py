"""The ground floor: settings, paths, errors, atomic files and hashes, lazy name tables, text; nothing else."""
