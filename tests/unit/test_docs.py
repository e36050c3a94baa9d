"""README and documents hold together: links, anchors, pictures and named tests are there; the index finds each page."""

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
INDEX = ROOT / "docs" / "README.md"
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "bench" / "RESULTS.md"})
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)
_LINKS = re.compile(r"\]\(([^()\s]+)\)|<(?:img|a)\s[^>]*?(?:src|href)=\"([^\"]+)\"")
_ELSEWHERE = re.compile(r"[a-z][a-z+.-]*:", re.IGNORECASE)
#: Of a picture, and of all of them.
_MOST_BYTES, _MOST_BYTES_TOGETHER = 120_000, 6_000_000


@cache
def links_of(page: Path) -> frozenset[str]:
    """Where the page leads, code aside."""
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    return frozenset(target for found in _LINKS.findall(text) for target in found if target)


@cache
def anchors_of(page: Path) -> frozenset[str]:
    """The headings by the names that GitHub gives them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    names: list[str] = []
    for heading in re.findall(r"^#{1,6} +(.+?) *$", text, re.MULTILINE):
        name = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()).replace(" ", "-")
        names.append(f"{name}-{names.count(name)}" if name in names else name)
    return frozenset(names)


def broken(page: Path) -> list[str]:
    wrong = []
    for link in sorted(links_of(page)):
        if _ELSEWHERE.match(link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.is_relative_to(ROOT) or not target.exists() or (anchor and anchor not in anchors_of(target)):
            wrong.append(link)
    return wrong


def test_links_anchors_and_pictures_lead_somewhere() -> None:
    assert {str(page.relative_to(ROOT)): broken(page) for page in PAGES if broken(page)} == {}


def test_every_page_is_found_from_the_index() -> None:
    seen, waiting = set[Path](), [INDEX]
    while waiting:
        page = waiting.pop()
        if page not in seen:
            seen.add(page)
            targets = ((page.parent / link.split("#")[0]).resolve() for link in links_of(page) if ":" not in link)
            waiting += [one for one in targets if one.suffix == ".md"]
    assert [page.name for page in PAGES if page not in seen] == []


def test_pictures_are_shown_somewhere_and_small() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in links_of(page) if link.endswith(".png")}
    pictures = sorted((ROOT / "docs" / "images").iterdir())
    assert [one.name for one in pictures if one not in shown] == []
    sizes = {one.name: one.stat().st_size for one in pictures}
    assert {name: size for name, size in sizes.items() if size > _MOST_BYTES} == {}
    assert sum(sizes.values()) <= _MOST_BYTES_TOGETHER


@pytest.mark.parametrize("page", ["promises.md", "extending.md", "architecture.md", "upgrading.md"])
def test_what_a_page_names_is_there(page: str) -> None:
    """Files by their path, tests by their name."""
    named = re.findall(
        r"`((?:tests|core|docs|scripts)/[\w/.]+?)(?:::(\w+))?`", (ROOT / "docs" / page).read_text("utf-8")
    )
    examples = set(re.findall(r"<!-- file: ([\w.]+) -->", (ROOT / "docs" / page).read_text("utf-8")))
    assert named
    for path, test in named:
        is_example = path.removesuffix(".py").replace("/", ".") in examples or "warehouse" in path
        assert is_example or (ROOT / path).exists(), path
        assert not test or f"def {test}(" in (ROOT / path).read_text("utf-8"), test


def test_hooks_of_commits_fetch_nothing() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert [one["repo"] for one in hooks] == ["local"]
    assert all(hook["entry"].startswith(".venv/bin/") and hook["language"] == "system" for hook in hooks[0]["hooks"])
