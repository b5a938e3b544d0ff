"""`python -m pipl`."""

from pipl.cli.main import main

if __name__ == "__main__":
    main()
