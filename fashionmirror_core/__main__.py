"""``python -m fashionmirror_core`` is the ``fashionmirror`` command."""

from fashionmirror_core.cli.main import main

if __name__ == "__main__":
    main()
