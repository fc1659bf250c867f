"""Hand-outs: which pages there are, how they link, and how they are written to a folder.

A page is written atomically: an interrupted run leaves the old page or the new one. Files that we
did not make are never overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory

from kit.case_study.history import history
from kit.common.errors import UserError
from kit.common.packaged_data import LINKED, lesson_folder
from kit.common.user_file import make_folders, try_write, write_atomic
from kit.handout.execute import LessonKernel, bring_files, prepare, read_lesson
from kit.handout.markdown import heading_of
from kit.handout.once import PrintedOnce
from kit.handout.page import GENERATOR, PageLink, index_page, lesson_page, text_page, title_of
from kit.lessons.new.files import NOTEBOOK, is_lesson, read_case_file

__all__ = ["WrittenPage", "find_lesson", "handouts", "lesson_files"]

_FIRST_BYTES = 1000  # of a page: they name its generator
_INDEX = "index.html"
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """A page that was written. ``lesson`` is None if it is not a lesson."""

    path: Path
    lesson: str | None
    size_bytes: int


def lesson_files() -> tuple[Path, ...]:
    """Return the lessons in their order.

    Raises:
        UserError: This installation has none.
    """
    return tuple(sorted(lesson_folder().glob("*.ipynb")))


def find_lesson(named: str) -> Path:
    """Return the lesson of a number (5, 05), of a file's name, or of a folder of `kit new`.

    Raises:
        UserError: There is none; the text names the nearest.
    """
    if is_lesson(Path(named)):
        return Path(named) / NOTEBOOK
    if Path(named).name == NOTEBOOK and is_lesson(Path(named).parent):
        return Path(named)
    found = {path.stem: path for path in lesson_files()}
    wanted = Path(named.strip()).name.removesuffix(".ipynb")
    if wanted in found:
        return found[wanted]
    number = f"{int(wanted):02}" if wanted.isascii() and wanted.isdecimal() else ""
    for stem, path in found.items():
        if number and stem.startswith(f"{number}-"):
            return path
    words = {stem.partition("-")[2]: stem for stem in found}
    near = get_close_matches(wanted.lower(), [*found, *words], n=1, cutoff=0.5)
    nearest = f"the nearest is {words.get(near[0], near[0])}" if near else "give a number, such as"
    numbers = f"{min(found)[:2]} to {max(found)[:2]}"
    raise UserError(f"no lesson {named!r}: {nearest}{'' if near else ' 01'}; there are {numbers}")


def handouts(
    wanted: Sequence[Path], folder: Path, *, together: bool, tell: Tell, live: bool = False
) -> Iterator[WrittenPage]:
    """Yield a page for each lesson, once it is executed and its page is written.

    *folder* is made if it is not there. *together*: write an index and the pages of the
    documentation that lessons link to as well. *live*: pictures play, and exercises can be answered
    in the pages. *tell* is called with the lesson that is executed,
    how many were, and of how many.

    Raises:
        UserError: The folder cannot be written, holds a file of that name that is not ours, or a
            lesson cannot be executed.
    """
    docs = lesson_folder().parent / "docs"
    texts = tuple(docs / name for name in LINKED) if together else ()
    pages = _Pages(wanted, texts, folder, together)
    pages.claim()
    source, printed = str(history().source), PrintedOnce()
    with (
        TemporaryDirectory(prefix="kit-handout-", ignore_cleanup_errors=True) as made,
        LessonKernel(Path(made)) as kernel,
    ):
        home = Path(made)
        prepare(home)
        for done, path in enumerate(wanted):
            tell(path.stem, done, len(wanted))
            notebook = read_lesson(path)
            bring_files(path, home)
            kernel.execute(notebook, path.stem, live=live)
            words = _made_of(path, source)
            page = lesson_page(
                notebook.cells,
                pages.resolve,
                words,
                pages.beside(path),
                live=live,
                printed=printed if together else None,
                file=f"{path.stem}.html",
            )
            yield pages.write(path.stem, page, path.stem)
    for path in texts:
        text = path.read_text(encoding="utf-8")
        words = f"docs/{path.name} of the unplug kit."
        yield pages.write(path.stem, text_page(text, pages.resolve, words, pages.home()), None)
    if together:
        yield pages.write("index", pages.index(source), None)


def _made_of(path: Path, source: str) -> str:
    """Return what stands at the end of a lesson's page."""
    if path.name == NOTEBOOK:
        return f"Made with the unplug kit, from {read_case_file(path.parent).page().source}."
    return f"Lesson {path.stem} of the unplug kit; commits are read from: {source}."


@dataclass(frozen=True, slots=True)
class _Pages:
    """The pages of one folder. ``together``: they link to each other."""

    lessons: Sequence[Path]
    texts: Sequence[Path]
    folder: Path
    together: bool

    def resolve(self, url: str) -> str | None:
        """Return where a link of a lesson or a text leads among the pages."""
        place, _, part = url.partition("#")
        there = Path(place)
        if not place:
            return f"#{part.lower()}"
        known = {path.name for path in (*self.lessons, *self.texts)}
        if there.name not in known or (len(self.lessons) == 1 and not self.together):
            return None
        return f"{there.stem}.html{f'#{part.lower()}' if part else ''}"

    def entry(self, path: Path) -> PageLink:
        """Return a link to a page."""
        if path.suffix == ".ipynb":
            return PageLink(f"{path.stem}.html", title_of(read_lesson(path).cells))
        heading = heading_of(path.read_text(encoding="utf-8"))
        return PageLink(f"{path.stem}.html", heading or path.stem)

    def home(self) -> list[tuple[str, PageLink]]:
        """Return the link to the index, if there is one."""
        return [("all", PageLink(_INDEX, "hand-outs"))] if self.together else []

    def beside(self, path: Path) -> list[tuple[str, PageLink]]:
        """Return the links of a lesson's page to its neighbours."""
        if not self.together:
            return []
        here = self.lessons.index(path)
        before = [("before", self.entry(one)) for one in self.lessons[max(here - 1, 0) : here]]
        after = [("after", self.entry(one)) for one in self.lessons[here + 1 : here + 2]]
        return [*self.home(), *before, *after]

    def index(self, source: str) -> str:
        """Return the index page."""
        lessons = [self.entry(path) for path in self.lessons]
        texts = [self.entry(path) for path in self.texts]
        return index_page(lessons, texts, f"The unplug kit; commits are read from: {source}.")

    def claim(self) -> None:
        """Make the folder, and check now that all pages can be written.

        Raises:
            UserError: They cannot.
        """
        stems = [path.stem for path in (*self.lessons, *self.texts)]
        if self.folder.exists() and not self.folder.is_dir():
            raise UserError(f"{self.folder}: is not a folder; name another, -o DIR")
        try:
            make_folders(self.folder)
            for stem in [*stems, *(["index"] * self.together)]:
                _refuse_foreign(self.folder / f"{stem}.html")
            try_write(self.folder)
        except OSError as error:
            raise self._cannot(error) from None

    def write(self, stem: str, page: str, lesson: str | None) -> WrittenPage:
        """Return a page after writing it atomically.

        Raises:
            UserError: It cannot be written, or a file that is not ours has appeared there.
        """
        target = self.folder / f"{stem}.html"
        data = page.encode()
        try:
            _refuse_foreign(target)
            write_atomic(target, data)
        except OSError as error:
            raise self._cannot(error) from None
        return WrittenPage(target, lesson, len(data))

    def _cannot(self, error: OSError) -> UserError:
        return UserError(
            f"{self.folder}: cannot be written: {error.strerror}; name another folder, -o DIR"
        )


def _refuse_foreign(path: Path) -> None:
    """Refuse to overwrite a file that is not a page of ours."""
    if not path.exists() and not path.is_symlink():
        return
    ours = False
    if path.is_file() and not path.is_symlink():
        with path.open("rb") as file:
            ours = GENERATOR.encode() in file.read(_FIRST_BYTES)
    if not ours:
        raise UserError(
            f"{path}: exists and is not a hand-out of the kit; move it away, or name another -o DIR"
        )
