from __future__ import annotations

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.core.errors import BenchError
from bench.data import download as module
from bench.data.child import ChildResult
from bench.data.download import download, unreachable
from bench.data.prepared import published
from tests.bench.data.prepared_folder import write_texts

IMDB = published("imdb_reviews")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(200 if self.path == "/here" else 403)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    unreachable.cache_clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_a_server_that_answers_is_reachable(server: str) -> None:
    assert unreachable(f"{server}/here") is None


def test_a_server_that_refuses_is_not(server: str) -> None:
    assert unreachable(f"{server}/gone") == "Forbidden"


def test_a_closed_port_is_found_out_at_once(server: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        reason = unreachable(f"http://127.0.0.1:{unused.getsockname()[1]}/")
    assert reason is not None
    assert "refused" in reason


def test_two_servers_that_never_answer_take_less_than_five_seconds(server: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        start = time.monotonic()
        for name in ("one", "two", "one", "two"):
            reason = unreachable(f"http://127.0.0.1:{silent.getsockname()[1]}/{name}")
            assert reason is not None
            assert "timed out" in reason or "no answer within" in reason
        assert time.monotonic() - start < 5


def test_a_name_server_that_hangs_is_not_waited_for(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PROBE_SECONDS", 0.2)
    monkeypatch.setattr(module, "_probe", lambda _: time.sleep(1.5))
    start = time.monotonic()
    assert unreachable(server) == "no answer within 0.2 seconds"
    assert time.monotonic() - start < 1


def test_what_was_downloaded_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def run(name: str, arguments: list[str], stderr: int | None) -> ChildResult:
        asked.append((name, arguments))
        write_texts(Path(arguments[1]), (["a"], [0]), (["b"], [1]))
        return ChildResult(0, "")

    monkeypatch.setattr(module, "run_module", run)
    root = tmp_path / "new"
    assert download(IMDB, root).version == "1.0.0"
    assert download(IMDB, root).version == "1.0.0"
    assert asked == [("bench.data.download", ["imdb_reviews/plain_text:1.0.0", str(root)])]


@pytest.mark.parametrize("code", [0, 1])
def test_a_failed_download_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(module, "run_module", lambda *_, **__: ChildResult(code, "HTTPError: 503"))
    with pytest.raises(BenchError, match=r"imdb_reviews \(HTTPError: 503\).*--data synthetic"):
        download(IMDB, tmp_path)


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchError, match=r"file/data cannot be written.*--data-dir"):
        download(IMDB, tmp_path / "file" / "data")
