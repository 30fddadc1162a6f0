"""Give the golden traces to the programs that are to read them.

    python -m docs.check_formats [--node-modules FOLDER]

LaTeX goes through TeX (tectonic or pdflatex), KaTeX and MathJax, HTML through html5lib and the checker
of the W3C (vnu). Each takes part if it is there, and the others are named: none of them is needed for
anything else. ``npm install katex mathjax@3 vnu-jar`` gets what comes from npm; the last needs Java.
"""

from __future__ import annotations

import argparse
import importlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
TRACES = ROOT / "tests" / "golden" / "traces"

_WRAPPED = r"""\documentclass{article}
\usepackage[paperwidth=60cm,paperheight=40cm,margin=1cm]{geometry}
\usepackage{amsmath,amssymb}
\begin{document}
%s
\end{document}
"""

#: Both read {name: LaTeX} and write {name: error}.
_KATEX = """
const katex = require("katex"), texts = JSON.parse(require("fs").readFileSync(0)), errors = {};
for (const [name, text] of Object.entries(texts)) {
  try { katex.renderToString(text, {displayMode: true, throwOnError: true, strict: "error"}); }
  catch (error) { errors[name] = String(error); }
}
console.log(JSON.stringify(errors));
"""
_MATHJAX = """
const texts = JSON.parse(require("fs").readFileSync(0)), errors = {};
require("mathjax").init({loader: {load: ["input/tex"]}}).then(MathJax => {
  for (const [name, text] of Object.entries(texts)) {
    const found = MathJax.tex2mml(text, {display: true}).match(/<merror[^]*?<[/]merror>/);
    if (found) errors[name] = found[0];
  }
  console.log(JSON.stringify(errors));
});
"""

Texts = Mapping[str, str]
Errors = dict[str, str]


@dataclass(frozen=True, slots=True)
class Reader:
    """A program that reads one of the formats.

    Attributes:
        name: of the program.
        missing: what is not there for it; empty if it can run.
        read: gives the errors by the name of the file.
        texts: what it reads.
    """

    name: str
    missing: str
    read: Callable[[Texts], Errors]
    texts: Texts


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every reader that is there; the status is 1 if one of them finds an error."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--node-modules",
        type=Path,
        default=ROOT / "node_modules",
        help="where npm installed katex, mathjax and vnu-jar (default: node_modules)",
    )
    failed = False
    for reader in readers(parser.parse_args(arguments).node_modules.resolve()):
        if reader.missing:
            print(f"{reader.name:<10} left out: there is no {reader.missing}")
            continue
        errors = reader.read(reader.texts)
        print(
            f"{reader.name:<10} {len(reader.texts) - len(errors)} of {len(reader.texts)} accepted"
        )
        for name, error in errors.items():
            print(f"    {name}: {error}")
        failed |= bool(errors)
    return int(failed)


def readers(modules: Path) -> list[Reader]:
    """All of them, for the golden files."""
    latex = _texts("*.tex")
    documents = {name: text for name, text in latex.items() if "\\documentclass" in text}
    formulas = {name: text for name, text in latex.items() if name not in documents}
    pages = _texts("*.html")
    whole = {name: _WRAPPED % f"\\[\n{text}\\]" for name, text in formulas.items()} | documents
    jar = modules / "vnu-jar" / "build" / "dist" / "vnu.jar"
    return [
        Reader("TeX", _program("tectonic", "pdflatex"), _tex, whole),
        Reader("KaTeX", _module(modules, "katex"), _node(modules, _KATEX), formulas),
        Reader("MathJax", _module(modules, "mathjax"), _node(modules, _MATHJAX), formulas),
        Reader("html5lib", "" if _importable("html5lib") else "html5lib", _html5lib, pages),
        Reader(
            "vnu",
            _program("java") or ("" if jar.exists() else "vnu-jar in node_modules"),
            lambda texts: _vnu(jar, texts),
            pages,
        ),
    ]


def _texts(pattern: str) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(TRACES.glob(pattern))}


def _program(*names: str) -> str:
    """Nothing if one of the programs is there, else what they are called."""
    return "" if any(map(shutil.which, names)) else " or ".join(names)


def _module(modules: Path, name: str) -> str:
    return _program("node") or ("" if (modules / name).is_dir() else f"{name} in node_modules")


def _importable(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


# ---------------------------------------------------------------- the readers


def _tex(texts: Texts) -> Errors:
    errors = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            Path(folder, name).write_text(text, encoding="utf-8")
            command = ["tectonic", name]
            if shutil.which("tectonic") is None:
                command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", name]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode:
                lines = [line for line in done.stdout.splitlines() if line.startswith(("!", "l."))]
                errors[name] = " ".join(lines) or done.stderr[-300:]
    return errors


def _node(modules: Path, script: str) -> Callable[[Texts], Errors]:
    def read(texts: Texts) -> Errors:
        done = subprocess.run(
            ["node", "-e", script],
            cwd=modules.parent,
            input=json.dumps(texts),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            return dict.fromkeys(texts, done.stderr.strip()[-300:])
        found: Errors = json.loads(done.stdout)
        return found

    return read


def _html5lib(texts: Texts) -> Errors:
    html5lib = importlib.import_module("html5lib")
    errors = {}
    for name, text in texts.items():
        parser = html5lib.HTMLParser()
        parser.parse(text)
        if parser.errors:
            errors[name] = str(parser.errors[:3])
    return errors


def _vnu(jar: Path, texts: Texts) -> Errors:
    errors: Errors = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        command = ["java", "-jar", str(jar), "--format", "json", "--stdout", *texts]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    for message in json.loads(done.stdout)["messages"]:
        errors.setdefault(Path(message.get("url", "")).name, message["message"])
    return errors


if __name__ == "__main__":
    sys.exit(main())
