"""`python -m apps` does what `homespun` does."""

from apps.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
