"""Sphinx settings: Markdown pages by MyST, reference by autodoc from Google-style docstrings."""

import graphcomp as gc

project = "graphcomp"
author = "the graphcomp authors"
project_copyright = author
release = gc.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx.ext.napoleon"]
myst_enable_extensions = ["dollarmath"]
exclude_patterns = ["_build", "decisions/template.md"]
# Links to README and CONTRIBUTING work where the sources are read; tests follow them.
suppress_warnings = ["myst.xref_missing", "toc.not_included"]

html_theme = "furo"
html_title = f"graphcomp {release}"
