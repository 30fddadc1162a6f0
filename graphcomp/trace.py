"""A derivation that prints itself, in every format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graphcomp.derivation import Derivation
from graphcomp.printers import html_page, latex, markdown, notebook, text, trace_files


class Trace:
    """A derivation that prints itself: ``print(graph.derivation("both", at=...))``.

    Attributes:
        data: the derivation as data, without layout.
    """

    def __init__(self, data: Derivation) -> None:
        self.data = data

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<derivation of {self.data.graph.name}; print() shows it>"

    def text(
        self,
        *,
        ascii: bool = False,  # noqa: A002  (the usual word)
        width: int | None = None,
        detail: str = "full",
        digits: int | None = None,
        **choices: Any,
    ) -> str:
        """The trace as text.

        Args:
            ascii: nothing but ASCII characters, for plain terminals.
            width: columns available, those of the terminal by default; below what the side-by-side
                table needs, the traces stand one below the other.
            detail: "full", or "brief" for the tables and results alone.
            digits: significant digits of numbers, 1 to 17; six by default, fewer in larger arrays.
            **choices: what is shown, in place of what `Graph.derivation` was told: show, partials,
                arrange, why, accumulate, shapes, rows.

        Raises:
            InputError: there is no such detail or choice, or there are no such digits.

        >>> import graphcomp as gc
        >>> trace = gc.from_string("y = x/3").derivation("reverse", at={"x": 2.0})
        >>> print(trace.text(detail="brief", digits=2).splitlines()[-1])
        ∂y/∂x = 1/3
        """
        return text.render(
            self.data, ascii=ascii, width=width, detail=detail, digits=digits, **choices
        )

    def markdown(self, *, detail: str = "full", digits: int | None = None, **choices: Any) -> str:
        """The trace as Markdown: one table of all traces, and what follows from them as lists.

        Args:
            detail: "full", or "brief" for the table and results alone.
            digits: significant digits of numbers.
            **choices: what is shown, in place of what `Graph.derivation` was told: show, partials,
                arrange, why, accumulate, shapes, rows.

        Raises:
            InputError: there is no such detail or choice, or there are no such digits.

        >>> import graphcomp as gc
        >>> print(gc.from_string("y = x*x").derivation("reverse").markdown(detail="brief"))
        **y = x²**
        <BLANKLINE>
        | step | primal ↓ | adjoint ↑ (seed ȳ = 1) |  |
        |---:|---|---|---|
        | 1 | w₁ = x | w̄₁ = w̄₂·(2·w₁) |  |
        | 2 | w₂ = w₁² | w̄₂ = ȳ | seed |
        <BLANKLINE>
        - ∂y/∂x = 2·x
        """
        return markdown.render(self.data, detail=detail, digits=digits, **choices)

    def latex(
        self,
        form: str | None = None,
        *,
        standalone: bool = False,
        detail: str = "full",
        digits: int | None = None,
        **choices: Any,
    ) -> str:
        r"""The trace as LaTeX mathematics that LaTeX (amsmath), MathJax and KaTeX accept.

        Args:
            form: "table", all traces side by side; "steps", the step list of reverse mode; "matrix",
                a table with shapes. By default a matrix form where there are arrays, else a table.
            standalone: a whole document, with everything that follows from the traces.
            detail: of the document: "full", or "brief" for the table and results alone.
            digits: significant digits of numbers.
            **choices: what is shown, in place of what `Graph.derivation` was told: show, partials,
                arrange, why, accumulate, shapes, rows.

        Raises:
            InputError: there is no such form, detail or choice, or there are no such digits.

        >>> import graphcomp as gc
        >>> print(gc.from_string("y = 3*x").derivation("reverse").latex())
        \begin{array}{l|ll}
        \text{primal}\downarrow & \text{adjoint}\uparrow & \\ \hline
        w_1 = x & \bar{w}_1 = 3\,\bar{w}_2 & = \partial y/\partial x \\
        w_2 = 3\,w_1 & \bar{w}_2 = \bar{y} & \text{seed} \\
        \end{array}
        """
        return latex.render(
            self.data, form=form, standalone=standalone, detail=detail, digits=digits, **choices
        )

    def html(
        self,
        *,
        fragment: bool = False,
        prefix: str | None = "",
        detail: str = "full",
        digits: int | None = None,
        **choices: Any,
    ) -> str:
        """The trace as an HTML page with MathML, without any script.

        Each row has the name of its step as its id, so that a page can link to it: ``#w3``.

        Args:
            fragment: only what stands in the body, with its style, for a page of your own.
            prefix: what stands before the names in the ids, for pages with several traces; None for
                rows without ids.
            detail: "full", or "brief" for the table and results alone.
            digits: significant digits of numbers.
            **choices: what is shown, in place of what `Graph.derivation` was told: show, partials,
                arrange, why, accumulate, shapes, rows.

        Raises:
            InputError: there is no such detail or choice, there are no such digits, or the prefix is no
                beginning of an id.

        >>> import graphcomp as gc
        >>> page = gc.from_string("y = x*x").derivation("reverse").html(fragment=True, prefix="s-")
        >>> 'id="s-w1"' in page, "<script" in page
        (True, False)
        """
        return html_page.render(
            self.data, fragment=fragment, prefix=prefix, detail=detail, digits=digits, **choices
        )

    def to_json(self) -> dict[str, Any]:
        """The trace as JSON-ready data, with all digits; the page on traces says what is in it."""
        return self.data.to_json()

    def write(
        self,
        path: str | Path,
        format: str | None = None,  # noqa: A002
        *,
        force: bool = False,
        **options: Any,
    ) -> Path:
        """Write the trace to a file; LaTeX is a whole document there.

        Args:
            path: the file.
            format: "text", "ascii", "markdown", "latex", "html" or "json"; by default that of the
                suffix: .txt, .md, .tex, .html or .json.
            force: replace a file that graphcomp did not make.
            **options: of the format: detail, digits, width, form, and what is shown.

        Raises:
            InputError: there is no such format, or the format has no such option.
            OutputError: the suffix says no format, the file can't be written, or is not ours.

        >>> import graphcomp as gc
        >>> gc.from_string("y = x*x").derivation("reverse").write("square.html").name
        'square.html'
        """
        return trace_files.write(self.data, path, format, force=force, **options)

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, str]:
        """The trace for notebooks: HTML, LaTeX, Markdown and text; never an error."""
        return notebook.bundle(
            {
                "text/html": lambda: self.html(fragment=True, prefix=None),
                "text/latex": lambda: f"$\\displaystyle {self.latex()}$",
                "text/markdown": self.markdown,
                "text/plain": self.text,
            },
            plain=repr(self),
        )
