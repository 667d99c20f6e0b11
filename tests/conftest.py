"""Real workspaces for the tests: the sample imported, its issues rendered, once per test process."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import material
import pytest
from commands import hotline
from hypothesis import settings

PROJECT = Path(__file__).parents[1]

# How long an example takes says nothing of the rule: machines differ. `make test` tries the same examples every time, so that
# it takes as long every time; `make fuzz` tries others, and many.
settings.register_profile("default", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("quick", deadline=None, derandomize=True, max_examples=15)
settings.register_profile(
    "deep", deadline=None, derandomize=False, max_examples=int(os.environ.get("HOTLINE_EXAMPLES", "1000"))
)
settings.load_profile("default")


def examples(count: int, **more: object) -> settings:
    """`count` examples for a test whose example is dear; fewer or more of them in the profiles `quick` and `deep`."""
    return settings(max_examples=max(3, count * settings.default.max_examples // 50), **more)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> Path:
    """The folder of a key (key.pem) and a certificate (certificate.pem) for localhost."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificate")
    asked = (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    made = ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"]
    subprocess.run(["openssl", *asked.split(), *made], check=True, capture_output=True)
    return folder


WHOLE = {
    "absent", "archive", "archive_commits", "batch", "cluster", "columns", "compare", "contributing", "corrections",
    "demo", "desk", "documents", "docx", "engine", "exporters", "formats", "four_ways", "grains", "html_browser",
    "html_page", "incomplete", "index", "intake_accounting", "intake_baltimore", "intake_bombs", "intake_formats",
    "intake_fuzz", "intake_privacy", "intake_telling", "isolated", "issue", "issue43", "lab", "layout", "location",
    "mail", "month", "names", "new", "object_store", "pdf_layout", "recognised", "rows", "sample", "sections",
    "sheet", "sheets", "slips", "system", "upgrade", "weekly", "wheel", "workbook", "wuyou",
}  # fmt: skip
"""The modules whose tests run whole commands, kernels, browsers and servers: `make check` leaves them to `make test`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.stem.removeprefix("test_") in WHOLE:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def issue43(tmp_path_factory) -> Path:
    """A workspace with the two sample exports imported and 2021-W43 rendered to HTML and PDF. Read only."""
    workspace = material.workspace(tmp_path_factory.mktemp("issue43"), issues=True)
    hotline(workspace, "sample", "data/exports", "--weeks", 2)
    hotline(workspace, "import", *sorted((workspace / "data/exports").glob("*.xlsx")))
    hotline(workspace, "render", "2021-W43")
    return workspace


@pytest.fixture(scope="session")
def installed(tmp_path_factory) -> Path:
    """The built wheel, unpacked as an installer does."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        folder,
        PROJECT,
    ]
    subprocess.run(pip, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


@pytest.fixture
def workspace(issue43, tmp_path) -> Path:
    """A copy of that workspace to change at will."""
    return Path(shutil.copytree(issue43, tmp_path / "workspace"))
