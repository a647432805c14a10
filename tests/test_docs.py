"""The documentation as a whole: what leads where. Its snippets are run by pytest itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("gluonish/**/*.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)(?:#[^)]*)?\)")


def targets(page):
    """Return the files and folders that a page refers to."""
    return [(page.parent / link).resolve() for link in LINK.findall(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_that_exist(page):
    assert [str(target) for target in targets(page) if not target.exists()] == []


def test_every_page_can_be_reached_from_the_index():
    """A link to a folder leads to its README, or, where it has none, to all that is in it."""
    reached, waiting = set(), [ROOT / "docs" / "index.md"]
    while waiting:
        page = waiting.pop()
        if page.is_dir():
            readme = page / "README.md"
            waiting += [readme] if readme.exists() else [*page.glob("**/*.md")]
        elif page.suffix == ".md" and page not in reached:
            reached.add(page)
            waiting += targets(page)
    assert [str(page) for page in ROOT.glob("docs/**/*.md") if page not in reached] == []
