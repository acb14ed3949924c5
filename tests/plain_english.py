"""Report phrases that plain English avoids, in everything that people read: `python tests/plain_english.py`.

Reads docstrings, comments, messages and names of tests in Python; comments and messages in JavaScript;
documents, YAML files and templates whole. Text in `backticks` is a name and passes. A line passes that
contains "plain-english: ok", and so does the line after it; use it for a vendor's own words.
"""

import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PLACES = (
    "*.md",
    "Makefile",
    "docs/*.md",
    ".github/**/*.yml",
    *(f"{folder}/**/*.py" for folder in ("bench", "connector", "mock_server", "openapi", "tests")),
    *("connector/catalog/*.yaml", "openapi/*.yaml"),
    *(
        "connector/generator/**/*.jinja",
        "connector/generator/**/static/**/*.js",
        "connector/generator/**/static/**/*.ts",
    ),
    *("mock_server/pages/templates/*.html", "mock_server/pages/static/*.js"),
)
EXCLUDED = {Path("tests/plain_english.py"), Path("tests/test_plain_english.py")}
"""These two have to spell the phrases out."""
EXEMPTION = "plain-english: ok"

# Each phrase, and what to write instead. A space matches any gap: also the end of a line inside a
# comment, or between two string literals that Python joins; `\x20` is a space that does not.
ADVICE = {
    r"(tells?|told|telling) of": "say what it does: reports, shows, describes",
    r"(?<!if\x20there\x20)(is|are|was|were|be) none(?! of)": "write 'is missing' or 'None if ...'",
    r"anew": "write 'again', 'start over' or 'new'",
    r"nobody(?=\s[a-z])": "name who is meant: no client, no user, no receiver",
    r"no more (by|than this|needed)|and no more(?! than)": "write 'no longer' or 'only'",
    r"what (is|was|are|were|stands|lies|comes|came|becomes|became) (\w+ ){0,2}of (it|them)": "name the thing",
    r"what of (it|them)": "name the thing",
    r"gives(?! (up|way|it|its|them|each|every)\b)": "write 'returns', 'yields', 'prints' or 'has'",
    r"behind (newer|older|younger|it|them|which|the (last|first|next|newest))": "write 'after'",
    r"(lies?|lay|comes?|or|further) behind": "write 'after' or 'later'",
    r"of whom": "write 'whose', or start a new sentence",
    r"wish(es|ed)?": "write 'request', 'option' or 'setting'",
    r"knows? no": "write 'has no' or 'does not use'",
    r"(is|are) to be (?!found)": "write 'must be', 'will be' or 'should be'",
    r"(stands?|lies?) (in(?! the (way|future|past|window))|at|on|there|beside|before)": "write 'is'",
    r"comes? of": "write 'results from'",
    r"so many": "write the number, or 'that many'",
    r"in its own words": "say which words",
    r"how one (?=\w+s\b)": "write 'how to', or name who",
    r"whatever": "name what is meant, or write 'any'",
    r"blindly(?! repeat)": "say what is checked first",
    r"the like": "name them, or write 'such as ...' before",
    r"mend(s|ed|ing)?": "write 'fix'",
    r"that (it|they) may": "write 'so that it can'",
    r"makes? of (it|them)": "say what happens to it",
    r"lacking": "write 'missing'",
    r"such that": "write 'so that' or 'with ...'",
    r"(is|are|was|were|be|been|being) told(?! apart)": "write 'reported', 'delivered' or 'sent'",
    r"told (again|once|with|as|without)": "write 'reported' or 'delivered'",
    r"(?:anonym|author(?=is[ei])|canonical|capital|categor|custom|emphas|final|general|initial|local|material|maxim|"
    r"minim|normal|optim|organ|parametr|priorit|random|recogn|serial|special|standard|summar|synchron|"
    r"token|unauthor|util|visual)is(?:e[ds]?|ers?|ing|ations)": "write -ize",
}
GAP = r"""(?:\s|\#|["']|\bf(?=["']))+"""
PHRASES = [
    (re.compile(rf"\b(?:{phrase.replace(' ', GAP)})\b", re.IGNORECASE), advice)
    for phrase, advice in ADVICE.items()
]
ANY = re.compile(rf"\b(?:{'|'.join(ADVICE).replace(' ', GAP)})\b", re.IGNORECASE)
PYTHON_NONE = "None"  # "is None" is Python's own word
CODE = re.compile(r"`[^`\n]+`")
SCRIPT_PROSE = re.compile(
    r"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`", re.DOTALL
)
TEST_NAME = re.compile(r"^ *(?:async )?def test_\w+", re.MULTILINE)
TEST_WORDS = re.compile(r"^ *(?:async )?def test [\w ]+", re.MULTILINE)


class Finding(NamedTuple):
    """A phrase at a line of a file."""

    path: str
    line: int
    phrase: str
    advice: str

    def __str__(self) -> str:
        """Return the finding as a compiler would print it."""
        return f"{self.path}:{self.line}: '{self.phrase}': {self.advice}"


def files(root: Path = ROOT) -> Iterator[Path]:
    """Yield the files that hold prose, once each."""
    found = {path for place in PLACES for path in root.glob(place)}
    yield from sorted(path for path in found if path.relative_to(root) not in EXCLUDED)


def findings(path: str, text: str) -> list[Finding]:
    """Return every avoided phrase in the text of one file, in order of its lines."""
    text = TEST_NAME.sub(lambda match: match[0].replace("_none", " None").replace("_", " "), text)
    if not ANY.search(text):
        return []  # nearly every file ends here: separating its prose would cost ten times as much
    exempt = {number for number, line in enumerate(text.splitlines(), 1) if EXEMPTION in line}
    prose = prose_of(path, text)
    found = []
    for candidate in ANY.finditer(prose):
        for pattern, advice in PHRASES:
            match = pattern.match(prose, candidate.start())
            if match is None or match[0].endswith(PYTHON_NONE):
                continue
            line = prose.count("\n", 0, match.start()) + 1
            if not exempt & {line, line - 1}:
                found.append(Finding(path, line, " ".join(re.split(GAP, match[0])), advice))
            break
    return found


def prose_of(path: str, text: str) -> str:
    """Return the text with everything that is not prose replaced by blanks; every line keeps its number."""
    if path.endswith(".py"):
        return CODE.sub(blanked, python_prose(text))
    if path.endswith((".js", ".js.jinja")):
        return kept(text, (match.span() for match in SCRIPT_PROSE.finditer(text)))
    return CODE.sub(blanked, text)


def python_prose(text: str) -> str:
    """Keep comments, strings and the names of tests, whose words have blanks between them by now."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    prose = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
    spans = [
        (starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1])
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type in prose
    ]
    return kept(text, sorted([*spans, *(match.span() for match in TEST_WORDS.finditer(text))]))


def kept(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Blank everything outside the spans, which are in order."""
    parts, end = [], 0
    for first, last in spans:
        parts += [re.sub(r"[^\n]", " ", text[end:first]), text[first:last]]
        end = last
    return "".join([*parts, re.sub(r"[^\n]", " ", text[end:])])


def blanked(match: re.Match[str]) -> str:
    """Return as many dots as the match has characters: a name, which no phrase matches across."""
    return "." * len(match[0])


def main() -> int:
    """Print every finding, and return 1 if there is one."""
    found = [
        finding
        for path in files()
        for finding in findings(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
    ]
    for finding in found:
        print(finding)  # noqa: T201 - a script
    if found:
        print(f"{len(found)} phrases to rewrite; CONTRIBUTING.md says how.", file=sys.stderr)  # noqa: T201 - a script
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
