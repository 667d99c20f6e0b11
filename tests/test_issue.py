"""One issue: whole or not at all, from exactly its parameters, and always the same."""

import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import material
import nbformat
import papermill
import pytest

from hotline import HotlineError, profiles
from hotline.periods import parse
from hotline.printing import document
from hotline.publishing import folders, index, inputs, issue, notebooks
from hotline.publishing.execution import IssueError

WEEK = parse("2021-W10")


@pytest.fixture(scope="module")
def stocked(tmp_path_factory):
    """A workspace with ten weeks of invented requests, copied by the tests."""
    home = material.workspace(tmp_path_factory.mktemp("stock") / "home")
    material.fill(home, material.handlings("2021-W03", 10))
    return home


@pytest.fixture
def home(stocked, tmp_path, monkeypatch):
    """A workspace of the test's own, with the project's notebook."""
    material.shutil.copytree(stocked, tmp_path / "工作 {区}")
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "工作 {区}"))
    return tmp_path / "工作 {区}"


def folder(home: Path) -> Path:
    return home / "outputs" / "junan" / "2021-W10"


def test_publishes_every_part_of_an_issue(home):
    """Executed notebook, HTML, PDF, figures and record lie in one folder, also in a workspace with an odd name."""
    outcome = issue.render("junan", WEEK)
    assert outcome.status == "rendered"
    assert sorted(path.name for path in folder(home).iterdir()) == [
        "bulletin.html",
        "bulletin.ipynb",
        "bulletin.pdf",
        "figures.json",
        "inputs.json",
    ]
    assert json.loads((folder(home) / "figures.json").read_text())["figures"]["total"] == 60
    assert (folder(home) / "bulletin.pdf").read_bytes().startswith(b"%PDF")
    assert "受理 60 件" in str(outcome)


def test_passes_the_notebook_exactly_its_parameters(home):
    """papermill injects center, period, issue, published, article, archive, and no path of a working folder is kept."""
    issue.render("junan", WEEK, formats=())
    made = nbformat.read(folder(home) / "bulletin.ipynb", 4)
    assert made.metadata.papermill.parameters == {
        "center": "junan",
        "period": "2021-W10",
        "issue": None,
        "published": None,
        "article": None,
        "archive": None,
    }
    assert made.metadata.papermill.output_path == "outputs/junan/2021-W10/bulletin.ipynb"
    assert ".work" not in (folder(home) / "bulletin.ipynb").read_text()


def test_same_inputs_same_bytes(home):
    """HTML, PDF and figures of an issue made twice are equal byte for byte; so is the index's material."""
    kept = ("bulletin.html", "bulletin.pdf", "figures.json", "inputs.json")
    issue.render("junan", WEEK)
    first = material.published(home, names=kept)
    issue.render("junan", WEEK)
    assert material.published(home, names=kept) == first


def fails(home: Path, match: str) -> None:
    """The issue is refused with this message, and what is published is as it was."""
    before = material.published(home)
    with pytest.raises(HotlineError, match=match):
        issue.render("junan", WEEK, formats=("html",))
    assert material.published(home) == before
    assert not list((home / "outputs" / "junan" / folders.WORK).glob("*~*"))


@pytest.mark.parametrize("published", [False, True])
def test_a_failing_cell_leaves_the_published_issue(home, published):
    """A notebook with an error: the message names cell and error and the notebook to open; the old issue stays."""
    if published:
        issue.render("junan", WEEK, formats=("html",))
    material.tiny_notebook(home, "1 / 0")
    fails(
        home, r"第 4 个单元格出错：ZeroDivisionError: division by zero.*outputs/junan/.failed/2021-W10.ipynb"
    )
    kept = nbformat.read(home / "outputs/junan/.failed/2021-W10.ipynb", 4)
    assert any(output.output_type == "error" for cell in kept.cells for output in cell.get("outputs", ()))


def test_an_error_of_ours_speaks_for_itself(home):
    """A period that the archive does not hold is told in Chinese, with the periods that it does."""
    with pytest.raises(IssueError, match=r"档案里没有 2020-W01.*2021-W03 至 2021-W12"):
        issue.render("junan", parse("2020-W01"))


def test_a_later_success_takes_the_failed_notebook_away(home):
    """What is kept of a failure is gone when the issue has been made."""
    material.tiny_notebook(home, "1 / 0")
    fails(home, "ZeroDivisionError")
    material.tiny_notebook(home)
    issue.render("junan", WEEK, formats=())
    assert not list((home / "outputs/junan/.failed").iterdir())


@pytest.mark.parametrize(
    ("cell", "match"),
    [
        (
            "figures.record('direct', 59, '直办件数', adds_up_to='total')",
            r"受理总量 60，不等于各项（direct）合计 59",
        ),
        ("display(Markdown('另有77件。'))", "“另有77件。”里写了数“77”"),
        ("display(Markdown(r'占3\\.14%。'))", r"里写了数"),
        ("display({'text/markdown': '另有77件。'}, raw=True)", "“另有77件。”里的 77 不是 figures 里的数"),
        ("display(say('共60件'))", r"写了数“60”.*请写 \{total\}"),
        ("figures.record(inquiries={'count': 3})", "的写法已经改了"),
    ],
)
def test_figures_that_contradict_are_not_published(home, cell, match):
    """Parts that do not add up, and numbers in the text that are no figures, stop the issue; the message says which."""
    material.tiny_notebook(home, cell)
    fails(home, f"(?s){match}.*outputs/junan/.failed/2021-W10.ipynb")
    assert (home / "outputs/junan/.failed/2021-W10.ipynb").is_file()


def test_a_notebook_without_figures_is_not_published(home):
    """An issue is its figures: a notebook that shows none is refused."""
    material.tiny_notebook(home)
    path = home / "notebooks" / "bulletin.ipynb"
    nb = nbformat.read(path, 4)
    del nb.cells[-1]
    nbformat.write(nb, path)
    fails(home, "没有显示 figures")


def test_keeps_the_formats_and_the_files_of_others(home):
    """Replacing an issue renews every format that it had, and leaves what somebody else put beside it."""
    material.tiny_notebook(home)
    issue.render("junan", WEEK, formats=("html", "pdf"))
    (folder(home) / "批示.txt").write_text("已阅")
    old = (folder(home) / "bulletin.pdf").stat().st_ino
    issue.render("junan", WEEK, formats=("html",))
    assert (folder(home) / "批示.txt").read_text() == "已阅"
    assert (folder(home) / "bulletin.pdf").stat().st_ino != old


def test_an_issue_can_be_read_by_its_owner_alone(home):
    """Other users of the machine cannot enter the folder; an analyst's chmod is respected from then on."""
    material.tiny_notebook(home)
    issue.render("junan", WEEK, formats=())
    center = home / "outputs" / "junan"
    assert center.stat().st_mode & 0o077 == 0
    center.chmod(0o755)
    issue.render("junan", WEEK, formats=())
    assert center.stat().st_mode & 0o777 == 0o755


def test_two_at_once_do_no_harm(home):
    """The same issue rendered by two at a time comes out whole, and nothing is left over."""
    material.tiny_notebook(home)
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda _: issue.render("junan", WEEK, formats=("html",)), range(6)))
    assert inputs.record(folder(home))["formats"] == ["html"]
    assert not list((home / "outputs" / "junan" / folders.WORK).glob("*~*"))


def test_relinking_changes_the_links_alone(home):
    """New neighbours change the page's links and nothing else, to the bytes a new rendering would give."""
    issue.render("junan", WEEK, links=index.links([WEEK])[WEEK])
    before = material.published(home)
    shutil.copytree(folder(home), folder(home).with_name("2021-W09"))
    issue.relink("junan", WEEK)
    after = material.published(home)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"2021-W10/bulletin.html", "2021-W10/inputs.json"}
    issue.render("junan", WEEK, links=index.links([WEEK.previous, WEEK])[WEEK])
    assert material.published(home)["2021-W10/bulletin.html"] == after["2021-W10/bulletin.html"]


# ---- which notebook, which sections ----------------------------------------------------------------------------------


def test_an_issue_takes_its_own_notebook_before_its_centers_before_the_master(home):
    """One issue's own words, else the center's own, else the workspace's; the record names no other."""
    said = {}
    for name in ("notebooks/bulletin.ipynb", "params/junan/bulletin.ipynb", f"params/junan/{WEEK}.ipynb"):
        material.tiny_notebook(home, f"display(say('{name.split('/')[-2]}'))", path=name)
        issue.render("junan", WEEK, formats=())
        said[name] = (folder(home) / "bulletin.ipynb").read_text(encoding="utf-8")
    assert "notebooks。" in said["notebooks/bulletin.ipynb"]
    assert all("junan。" in said[name] for name in list(said)[1:])
    assert f"params/junan/{WEEK}.ipynb" in said[f"params/junan/{WEEK}.ipynb"]


def test_a_section_that_is_not_listed_is_neither_run_nor_printed(home):
    """The profile's `sections` are those that are printed, in the notebook's order; the others do not even run."""
    cell = nbformat.v4.new_code_cell("1 / 0", metadata={"tags": ["section:norm"]})
    material.tiny_notebook(home)
    path = home / "notebooks" / "bulletin.ipynb"
    nb = nbformat.read(path, 4)
    nb.cells.insert(-1, cell)
    nbformat.write(nb, path)
    issue.render("junan", WEEK, formats=())
    profile = home / "params/junan/center.yml"
    profile.write_text(profile.read_text(encoding="utf-8") + "\nsections: [norm]\n", encoding="utf-8")
    fails(home, "ZeroDivisionError")
    profile.write_text(profile.read_text(encoding="utf-8").replace("[norm]", "[nrom]"), encoding="utf-8")
    fails(home, r"sections 里有“nrom”，而笔记本 notebooks/bulletin.ipynb 没有这一节。是不是 norm？")


def test_the_exporters_do_not_print_what_is_not_listed(home, tmp_path):
    """The stock tools run every section; whoever exports the notebook prints those of the profile."""
    profile = home / "params/junan/center.yml"
    text = profile.read_text(encoding="utf-8")
    profile.write_text(text + "\nsections: [overview, topics]\n", encoding="utf-8")
    papermill.execute_notebook(
        nbformat.read(home / "notebooks/bulletin.ipynb", 4),
        str(tmp_path / "out.ipynb"),
        {"period": str(WEEK)},
        cwd=str(home / "notebooks"),
        progress_bar=False,
    )
    printed = document.printed(nbformat.read(tmp_path / "out.ipynb", 4))
    headings = [block.markdown for block in printed if block.role == "heading"]
    assert "### （一）热点问题" in headings
    assert not [heading for heading in headings if "诉求类别" in heading or "附件" in heading]


def test_a_call_of_the_first_release_names_what_replaces_it(home):
    """A notebook written for 0.1.0 fails in its cell, with the new way."""
    material.tiny_notebook(home, "from hotline import charts\ncharts.bars_canvas(3, [])")
    fails(home, "charts.bars_canvas 已经没有了，现在用 charts.bars")
    material.tiny_notebook(home, "bulletin.masthead([{'name': '受理', 'value': '1', 'note': ''}])")
    fails(home, "bulletin.card")


# ---- the record ------------------------------------------------------------------------------------------------------


def test_record_names_what_the_notebook_read(home):
    """The record holds the reads of the archive as the notebook made them, so a new section's are in it too."""
    material.tiny_notebook(
        home,
        "from hotline.archive import Archive\nold = bulletin.period.shift(-5)\n"
        "Archive(bulletin.center and '%s', center).visits(old.start, old.cutoff)" % (home / "data/archive"),
    )
    issue.render("junan", WEEK, formats=())
    (archive,) = inputs.record(folder(home))["archives"]
    assert (archive["location"], archive["center"], archive["version"]) == ("data/archive", "junan", 0)
    window = {"start": {"moment": "2021-02-01T00:00:00"}, "end": {"moment": "2021-02-08T00:00:00"}}
    assert ["visits", window] in archive["reads"]


def test_running_the_notebook_by_hand_is_no_change(home):
    """Outputs, execution counts and other parameters in the notebook do not make issues out of date; a cell does."""
    path = home / "notebooks" / "bulletin.ipynb"
    before = notebooks.digest(path, profiles.load("junan"))
    nb = nbformat.read(path, 4)
    nb.cells[0].source = nb.cells[0].source.replace("2021-W43", "2021-W44")
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code):
        cell.execution_count, cell.outputs = number, [nbformat.v4.new_output("stream", text="x")]
    nbformat.write(nb, path)
    os.utime(path, ns=(1, 1))
    assert notebooks.digest(path, profiles.load("junan")) == before
    code[-1].source += "\n# a remark"
    nbformat.write(nb, path)
    os.utime(path, ns=(2, 2))
    assert notebooks.digest(path, profiles.load("junan")) != before


# ---- replacing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exchange", [True, False])
def test_replaces_a_folder_whole(tmp_path, monkeypatch, exchange):
    """The new folder takes the old one's place, in one step or, where the system has none, in two."""
    if not exchange:
        monkeypatch.setattr(folders, "_exchanged", lambda one, other: False)
    for text in ("old", "new"):
        with folders.prepared(tmp_path / "2021-W10") as work:
            (work / "bulletin.html").write_text(text)
            (work / text).write_text("")
    assert (tmp_path / "2021-W10" / "bulletin.html").read_text() == "new"
    assert [path.name for path in (tmp_path / folders.WORK).iterdir()] == ["2021-W10.lock"]


def test_a_linked_folder_is_refused(tmp_path):
    """What a link leads to is somebody else's: neither it nor the link is touched, and the message says where it leads."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine.txt").write_text("mine")
    (tmp_path / "2021-W10").symlink_to(tmp_path / "elsewhere")

    def prepare() -> None:
        with folders.prepared(tmp_path / "2021-W10"):
            raise AssertionError

    with pytest.raises(folders.FolderError, match=r"2021-W10 是一个链接，指向 .*elsewhere：没有生成"):
        prepare()
    assert (tmp_path / "2021-W10").is_symlink()
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["mine.txt"]


def test_what_is_thrown_away_meanwhile_is_made_anew(tmp_path):
    """Who deletes the published folder while its issue is made finds the new one, whole."""
    for text in ("old", "new"):
        with folders.prepared(tmp_path / "2021-W10") as work:
            (work / "bulletin.html").write_text(text)
            if text == "new":
                shutil.rmtree(tmp_path / "2021-W10")
    assert (tmp_path / "2021-W10" / "bulletin.html").read_text() == "new"


def test_recovers_from_a_death_between_two_renames(tmp_path):
    """An issue set aside by a process that died before it put the new one there comes back."""
    aside = tmp_path / folders.WORK / "2021-W10~ab~old"
    aside.mkdir(parents=True)
    (aside / "bulletin.html").write_text("old")
    (tmp_path / folders.WORK / "2021-W10~ab").mkdir()
    folders.sweep(tmp_path)
    assert (tmp_path / "2021-W10" / "bulletin.html").read_text() == "old"
    assert not list((tmp_path / folders.WORK).glob("*~*"))


def test_sweeping_leaves_an_issue_that_is_being_made(tmp_path):
    """Cleaning up does not touch the folder of a living process."""
    with folders.prepared(tmp_path / "2021-W10") as work:
        (work / "bulletin.html").write_text("new")
        folders.sweep(tmp_path)
        assert (work / "bulletin.html").exists()
    assert (tmp_path / "2021-W10" / "bulletin.html").read_text() == "new"


def test_an_error_while_preparing_changes_nothing(tmp_path):
    """What is raised inside leaves the published folder and nothing else."""
    with folders.prepared(tmp_path / "2021-W10") as work:
        (work / "bulletin.html").write_text("old")

    def half() -> None:
        with folders.prepared(tmp_path / "2021-W10") as work:
            (work / "bulletin.html").write_text("half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        half()
    assert (tmp_path / "2021-W10" / "bulletin.html").read_text() == "old"
    assert not re.findall("~", " ".join(os.listdir(tmp_path / folders.WORK)))
