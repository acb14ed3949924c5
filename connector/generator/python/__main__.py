"""Writes the stubs in `connector/typed/`: `python -m connector.generator.python`."""

from pathlib import Path

from connector.generator.python.stubs import files

FOLDER = Path(__file__).parents[2] / "typed"

if __name__ == "__main__":
    written = files()
    for path in FOLDER.glob("*.pyi"):
        if path.name not in written:
            path.unlink()
    for name, text in written.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
