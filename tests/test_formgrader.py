"""The formgrader, as an instructor's browser drives it: autograding through its REST interface."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from svi_course import lessons, notebooks
from svi_course.classroom import folder as classroom

LESSON = "90-mini"


@pytest.fixture(scope="module")
def server(tmp_path_factory, isolated):
    """A Jupyter server in a class with one right submission, and the class."""
    home = tmp_path_factory.mktemp("formgrader")
    folder = home / "class"
    classroom.new_class(folder, [LESSON], progress=lambda line: None)
    assert classroom.nbgrader(folder, "generate_assignment", LESSON).returncode == 0
    place = folder / "submitted" / "ada" / LESSON
    place.mkdir(parents=True)
    solved = notebooks.source_notebook(lessons.find_lesson(LESSON))
    (place / f"{LESSON}.ipynb").write_bytes(notebooks.to_bytes(solved))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "JUPYTER_RUNTIME_DIR": str(home / "run"),
    }
    command = [
        sys.executable,
        "-m",
        "jupyter",
        "server",
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=test",
        "--ServerApp.disable_check_xsrf=True",
        "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}",
    ]
    with open(home / "log", "w") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}/formgrader", folder, home / "log"
    finally:
        process.terminate()
        process.wait(20)


def ask(url, data=None):
    request = urllib.request.Request(
        url, data=data, headers={"Authorization": "token test", "Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.read().decode()


def test_the_formgrader_autogrades(server):
    url, folder, log = server
    for _ in range(120):
        try:
            found = json.loads(ask(f"{url}/api/assignments"))
            break
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)
    else:
        pytest.fail(log.read_text()[-3000:])
    assert [(row["name"], row["num_submissions"]) for row in found] == [(LESSON, 1)]
    result = json.loads(ask(f"{url}/api/submission/{LESSON}/ada/autograde", b"{}"))
    assert result["success"], result
    (row,) = [row for row in json.loads(ask(f"{url}/api/submissions/{LESSON}")) if row["student"] == "ada"]
    assert (row["score"], row["max_score"], row["autograded"]) == (8, 8, True)
    page = ask(
        f"{url}/submissions/{json.loads(ask(f'{url}/api/submitted_notebooks/{LESSON}/{LESSON}'))[0]['id']}/?index=0"
    )
    assert "all right" in page and "mini-centre" in page
