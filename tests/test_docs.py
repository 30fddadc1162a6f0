"""README and documentation: every example runs and says what it prints, every link leads somewhere.

In each file, in order and in one namespace:

- ```python blocks with `>>>` are doctests, those without are simply run;
- ```console blocks: lines `$ graphcomp ...` are run, and what follows is their output;
- a comment `<!-- not run -->` on the line before a block leaves it out.
"""

import doctest
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if "_build" not in page.parts),
]
FENCE = re.compile(
    r"^(?P<skip><!-- not run -->\n)?^(?P<ticks>```+)(?P<kind>\w*)[^\n]*\n(?P<text>.*?)^(?P=ticks)$",
    re.MULTILINE | re.DOTALL,
)
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
FLAGS = doctest.ELLIPSIS


class Block(NamedTuple):
    """A fenced block: its kind, its text, the line of the page it starts on."""

    kind: str
    text: str
    line: int


def blocks(page: str) -> Iterator[Block]:
    for match in FENCE.finditer(page):
        if not match["skip"]:
            yield Block(match["kind"], match["text"], page.count("\n", 0, match.start("text")))


def run_python(block: Block, name: str, namespace: dict[str, Any]) -> None:
    if ">>>" not in block.text:
        # The empty lines in front give tracebacks the line of the page.
        exec(compile("\n" * block.line + block.text, name, "exec"), namespace)
        return
    test = doctest.DocTestParser().get_doctest(block.text, namespace, name, name, block.line)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    runner.run(test, out=report.append, clear_globs=False)
    namespace.update(test.globs)
    if runner.failures:
        pytest.fail("".join(report), pytrace=False)


def run_console(block: Block, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    from graphcomp.cli import main  # noqa: PLC0415  # pages without commands need no command line

    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        program, *arguments = shlex.split(command, comments=True)
        if program != "graphcomp":
            continue
        capsys.readouterr()
        try:
            status: object = main(arguments)
        except SystemExit as end:
            status = end.code
        got, messages = capsys.readouterr()
        assert status in {None, 0}, f"{name}: $ {command}\n{messages}"
        if not doctest.OutputChecker().check_output(expected, got, FLAGS):
            pytest.fail(f"{name}: $ {command}\nexpected\n{expected}\ngot\n{got}", pytrace=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.kind == "python":
            run_python(block, str(page.relative_to(ROOT)), namespace)
        elif block.kind == "console":
            run_console(block, str(page.relative_to(ROOT)), capsys)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links(page: Path) -> None:
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [match["target"].partition("#")[0] for match in LINK.finditer(prose)]
    local = [target for target in targets if target and "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_the_blocks_of_a_page_are_found() -> None:
    page = "a\n```python\nx = 1\n```\n<!-- not run -->\n```python\n1/0\n```\n```console\n$ a\n```\n"
    assert list(blocks(page)) == [Block("python", "x = 1\n", 2), Block("console", "$ a\n", 9)]


def test_a_wrong_example_is_reported() -> None:
    with pytest.raises(pytest.fail.Exception, match="Expected"):
        run_python(Block("python", ">>> 1 + 1\n3\n", 0), "page", {})
