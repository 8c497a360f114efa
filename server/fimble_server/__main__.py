"""`python -m fimble_server` is `fimble`."""

from fimble_server.cli import main

if __name__ == "__main__":
    main()
