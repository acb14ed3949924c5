# ruff: noqa: T201 - it reports to the person who starts it
"""Write the generated tables of the documents: `python -m documents`, or `--check` to write nothing."""

import sys

from documents import pages, valid


def main(arguments: list[str]) -> int:
    """Return 1 if `--check` finds a table that differs or a line that is too long."""
    if arguments == ["--check"]:
        faults = [*pages.drift(), *valid.drift(), *pages.too_long()]
        print(*faults, sep="\n", end="\n" if faults else "")
        return 1 if faults else 0
    for page in pages.write():
        print(f"{page}: changed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
