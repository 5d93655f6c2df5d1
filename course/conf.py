"""Sphinx's configuration of the site, which `build_site.py` builds and checks."""

import html
import json
import re
from pathlib import Path
from typing import Any

import bleach
import glossary
import nbformat
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode
from sphinx.application import Sphinx

project = "A Transformer course that runs"
extensions = ["myst_nb", "sphinx-mathjax-offline", "site_pages"]
templates_path = ["templates/site"]

# The repository is the source, so its links work in the site unchanged.
root_doc = "README"
include_patterns = ["*.md", "data/README.md", "workflow/README.md", "notebooks/[0-9]*.ipynb",
                    "benchmarks/results/README.md"]  # fmt: skip
exclude_patterns = [".?*", "build", "runs"]
CONTENTS = """
```{toctree}
:hidden:
:glob:
:caption: Notebooks
notebooks/*
```

```{toctree}
:hidden:
:glob:
:caption: More
*
**/README
```
"""

# Links to the page of `build_walk.py`, which is none of Sphinx's.
WALK = {
    docname: f'\n<p><a href="{path}">Walk one sentence through a Transformer</a>, step by step: '
    "its real numbers, from the tokens to the next word, and back for a gradient.</p>\n\n"
    for docname, path in (
        ("README", "walk.html"),
        ("notebooks/01_attention", "../walk.html"),
        ("notebooks/13_modern_decoder", "../walk.html"),
    )
}

nb_execution_mode = "off"  # the tests compare the saved outputs
nb_ipywidgets_js = {}  # widgets need a kernel
nb_code_prompt_show, nb_code_prompt_hide = "Show the code", "Hide the code"
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_dmath_double_inline = True  # $$…$$ within a paragraph, as in JupyterLab
myst_heading_anchors = 3
mathjax3_config = {"loader": {"load": ["ui/safe"]}}  # no scripts from formulas
nitpicky = True

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["static"]
html_css_files = ["site.css"]
html_use_index = False
html_show_search_summary = False  # a page in a plain folder may not fetch another
html_context = {"default_mode": "auto"}  # light or dark, as the reader prefers
html_theme_options = {
    "footer_content_items": [],
    "navbar_persistent": [],
    "use_fullscreen_button": False,
}

# Outputs may contain data, and data may contain anything. Outputs of other kinds (scripts, bare
# SVG) are left out; other tags are shown as text. A drawing is an image, where no script runs.
SHOWN = {"image/jpeg", "image/png", "text/html", "text/markdown", "text/plain"}
TAGS = {"table", "thead", "tbody", "tr", "th", "td", "caption", "div", "span", "p", "br"}
TAGS |= {"b", "strong", "i", "em", "code", "pre", "ul", "ol", "li", "img"}
DRAWING = "data:image/svg+xml;base64,"
OTHER_IMAGE = re.compile(rf'<img(?! src="{re.escape(DRAWING)})', re.IGNORECASE)
WIDGET = "application/vnd.jupyter.widget-view+json"
CONTROLS = "<p><em>With a running notebook (<code>make lab</code>), controls are here.</em></p>"
PROGRESS = "%|"  # in the text of a progress bar, saved before it moved


def formula(tex: str, options: dict[str, bool]) -> str:
    """Return a formula between the delimiters that MathJax looks for."""
    first, last = ("\\[", "\\]") if options["display_mode"] else ("\\(", "\\)")
    return first + html.escape(tex) + last


MARKDOWN = MarkdownIt("js-default").use(dollarmath_plugin, renderer=formula)


def allowed(tag: str, name: str, value: str) -> bool:
    """Tell whether a tag in an output keeps an attribute."""
    if name == "class":
        return value in {"dataframe", "math inline", "math block"}
    if tag == "img":
        return name in {"alt", "width"} or (name == "src" and value.startswith(DRAWING))
    return name in {"colspan", "rowspan"}


def prepare_output(output: NotebookNode) -> None:
    """Keep what is safe in an output's data; put a sentence in place of sliders and menus."""
    data = output.data
    if WIDGET in data:
        data = {} if PROGRESS in data.get("text/plain", "") else {"text/html": CONTROLS}
    if "application/json" in data:
        data = {"text/plain": json.dumps(data["application/json"], indent=2)}
    data = {kind: content for kind, content in data.items() if kind in SHOWN}
    if "text/markdown" in data:
        data["text/html"] = MARKDOWN.render(data.pop("text/markdown"))
    if "text/html" in data:
        text = re.sub(r"<style\b.*?</style>", "", data["text/html"], flags=re.DOTALL)
        text = OTHER_IMAGE.sub("&lt;img", text)
        data["text/html"] = bleach.clean(
            text, tags=TAGS, attributes=allowed, protocols=bleach.ALLOWED_PROTOCOLS | {"data"}
        )
    output.data = data


def prepare_outputs(cell: NotebookNode) -> None:
    """Make a cell's outputs safe, and pass on the figure's alternative text."""
    for output in cell.outputs:
        if "data" in output:
            prepare_output(output)
        if alt := output.get("metadata", {}).get("image/png", {}).get("alt"):
            cell.metadata["mystnb"] = {"image": {"alt": alt}}
    cell.outputs = [output for output in cell.outputs if output.get("data", True)]


def name_folded(cell: NotebookNode) -> None:
    """Let the line of a folded cell say what is in it."""
    if "parameters" in cell.metadata.get("tags", []):
        said = {f"code_prompt_{verb}": f"{verb.capitalize()} the parameters"
                for verb in ("show", "hide")}  # fmt: skip
        cell.metadata["mystnb"] = {**cell.metadata.get("mystnb", {}), **said}


def prepare(app: Sphinx, docname: str, source: list[str]) -> None:
    """Change a page's source before it is read: add the contents, clean outputs of notebooks."""
    walk = WALK.get(docname, "") if "walk" in app.tags else ""
    if docname == root_doc:
        source[0] = source[0].replace("\n## ", f"{walk}\n## ", 1) + CONTENTS
    if docname.startswith("notebooks/"):
        notebook = nbformat.reads(source[0], as_version=4)
        notebook.cells[0].source += walk
        for cell in notebook.cells:
            if cell.cell_type == "code":
                prepare_outputs(cell)
                name_folded(cell)
        if (Path(app.srcdir) / glossary.PAGE).exists():
            number = Path(docname).name.partition("_")[0]
            glossary.link_cells(notebook, number, f"../{Path(glossary.PAGE).stem}.html")
        source[0] = nbformat.writes(notebook)


def say_language(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Tell screen readers which page is Chinese."""
    if page.endswith(".zh-CN"):
        context["language"] = "zh-CN"


def setup(app: Sphinx) -> None:
    """Register the functions that Sphinx calls."""
    app.connect("source-read", prepare)
    app.connect("html-page-context", say_language)
