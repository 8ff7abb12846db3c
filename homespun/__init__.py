"""The ground floor: settings, paths, errors, atomic files and hashes, lazy names, text; nothing else."""
