"""A Hub on this machine: the HTTP interface that huggingface_hub calls, over repositories that are kept in memory."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_writer"
LARGE = (".safetensors",)
"""Names of files that .gitattributes of a new repository sends to the large file storage."""


@dataclass
class Repository:
    """What one repository holds: the files of every commit, and which commit a branch is at."""

    private: bool = False
    sdk: str | None = None
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)

    def commit(self, branch: str, files: dict[str, bytes]) -> str:
        content = self.files(branch) | files if branch in self.branches else files
        commit = hashlib.sha1(repr((len(self.commits), branch, sorted(content))).encode()).hexdigest()
        self.commits[commit], self.branches[branch] = content, commit
        return commit

    def resolve(self, revision: str) -> str | None:
        commit = self.branches.get(revision, revision)
        return commit if commit in self.commits else None

    def files(self, revision: str) -> dict[str, bytes]:
        return self.commits[self.resolve(revision) or ""]


class Refusal(Exception):
    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        self.status, self.code, self.message = status, code, message


class StandIn(ThreadingHTTPServer):
    """The server; `repositories` by name (a Space's starts with ``spaces/``), `requests` as they came in."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories: dict[str, Repository] = {}
        self.stored: dict[str, bytes] = {}
        self.requests: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def storage(self) -> str:
        """Return where large files lie: on another host, as the Hub's do, which must not see the token."""
        return f"http://localhost:{self.server_address[1]}/storage"

    def repository(self, name: str, files: dict[str, bytes]) -> str:
        """Make a repository of these files and return its commit."""
        return self.repositories.setdefault(name, Repository()).commit("main", files)


@contextmanager
def running_hub() -> Iterator[StandIn]:
    with StandIn() as hub:
        threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield hub
        hub.shutdown()


def is_large(name: str) -> bool:
    return name.endswith(LARGE)


class Handler(BaseHTTPRequestHandler):
    """One request: the first route that matches answers."""

    server: StandIn
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.server.requests.append(f"{self.command} {path}")
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self.check_token()
            for method, pattern, route in ROUTES:
                if self.command in method.split() and (match := re.fullmatch(pattern, path)):
                    return route(self, **match.groupdict())
            raise Refusal(404, "", f"There is no {path} here.")
        except Refusal as refusal:
            headers = {"X-Error-Code": refusal.code, "X-Error-Message": refusal.message}
            content = {"error": refusal.message, "url": f"{self.server.url}/someone/squares"}
            self.send(json.dumps(content).encode(), refusal.status, headers)

    do_GET = do_HEAD = do_POST = do_PUT = answer

    def send(self, content: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def send_json(self, content: Any) -> None:
        self.send(json.dumps(content).encode())

    @property
    def token(self) -> str | None:
        header = self.headers.get("Authorization")
        return header.removeprefix("Bearer ") if header else None

    def check_token(self) -> None:
        if self.token not in (None, TOKEN):
            raise Refusal(401, "", "Invalid credentials in Authorization header")

    def find(self, name: str, *, write: bool = False) -> Repository:
        repository = self.server.repositories.get(name.removeprefix("models/"))
        if repository is None or ((repository.private or write) and self.token is None):
            raise Refusal(401 if self.token is None else 404, "RepoNotFound", "Repository not found")
        return repository

    def commit_of(self, repository: Repository, revision: str) -> str:
        commit = repository.resolve(revision)
        if commit is None:
            raise Refusal(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return commit

    def info(self, name: str, revision: str | None = None) -> None:
        repository = self.find(name)
        commit = self.commit_of(repository, revision or "main")
        siblings = [{"rfilename": file} for file in repository.files(commit)]
        self.send_json({"id": name, "sha": commit, "private": repository.private, "tags": [], "siblings": siblings})

    def tree(self, name: str, revision: str) -> None:
        repository = self.find(name)
        self.send_json(
            [
                {"type": "file", "path": file, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                for file, content in repository.files(self.commit_of(repository, revision)).items()
            ]
        )

    def resolve(self, name: str, revision: str, file: str) -> None:
        repository = self.find(name)
        commit = self.commit_of(repository, revision)
        content = repository.files(commit).get(file)
        if content is None:
            raise Refusal(404, "EntryNotFound", "Entry not found")
        digest = hashlib.sha256(content).hexdigest()
        headers = {"X-Repo-Commit": commit, "ETag": f'"{digest}"'}
        if not is_large(file):
            return self.send(content, headers=headers)
        self.server.stored[digest] = content
        linked = {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content))}
        self.send(b"", 302, headers | linked | {"Location": f"{self.server.storage}/{digest}"})

    def create_repository(self) -> None:
        wanted = json.loads(self.body)
        owner, kind = wanted["organization"], wanted.get("type", "model")
        if self.token is None or owner != "someone":
            raise Refusal(403, "", f"You may not create a {kind} under the namespace {owner}.")
        name = f"{'spaces/' if kind == 'space' else ''}{owner}/{wanted['name']}"
        if name in self.server.repositories:
            raise Refusal(409, "", "You already created this repository")
        private = wanted.get("visibility") == "private" or wanted.get("private", False)
        self.server.repositories[name] = Repository(private=private, sdk=wanted.get("sdk"))
        self.server.repositories[name].commit("main", {".gitattributes": b"*.safetensors filter=lfs\n"})
        self.send_json({"url": f"{self.server.url}/{name}", "name": name})

    def create_branch(self, name: str, branch: str) -> None:
        repository = self.find(name, write=True)
        if branch in repository.branches:
            raise Refusal(409, "", "Reference already exists")
        repository.branches[branch] = repository.branches["main"]
        self.send_json({})

    def validate(self) -> None:
        has_metadata = json.loads(self.body)["content"].startswith("---\n")
        self.send_json({"errors": [], "warnings": [] if has_metadata else [{"message": "empty metadata"}]})

    def preupload(self, name: str, revision: str) -> None:
        repository = self.find(name, write=True)
        self.commit_of(repository, revision)
        modes = {True: "lfs", False: "regular"}
        files = [file["path"] for file in json.loads(self.body)["files"]]
        answers = [{"path": file, "uploadMode": modes[is_large(file)], "shouldIgnore": False} for file in files]
        self.send_json({"files": answers})

    def batch(self, name: str) -> None:
        self.find(name, write=True)
        actions = [
            one | {"actions": {"upload": {"href": f"{self.server.storage}/{one['oid']}"}}}
            for one in json.loads(self.body)["objects"]
        ]
        self.send_json({"transfer": "basic", "objects": actions})

    def store(self, digest: str) -> None:
        self.server.stored[digest] = self.body
        self.send(b"")

    def stored(self, digest: str) -> None:
        assert self.token is None
        self.send(self.server.stored[digest])

    def make_commit(self, name: str, revision: str) -> None:
        repository, files = self.find(name, write=True), {}
        self.commit_of(repository, revision)
        for line in self.body.splitlines():
            entry = json.loads(line)
            if entry["key"] == "file":
                files[entry["value"]["path"]] = base64.b64decode(entry["value"]["content"])
            elif entry["key"] == "lfsFile":
                files[entry["value"]["path"]] = self.server.stored[entry["value"]["oid"]]
        commit = repository.commit(revision, files)
        address = f"{self.server.url}/{name.removeprefix('models/')}/commit/{commit}"
        self.send_json({"success": True, "commitOid": commit, "commitUrl": address})


_REPOSITORY = r"(?P<name>(models|spaces)/[^/]+/[^/]+)"
_FILES = r"(?P<name>(spaces/)?[^/]+/[^/]+)"
ROUTES: tuple[tuple[str, str, Callable[..., None]], ...] = (
    ("GET", rf"/api/{_REPOSITORY}", Handler.info),
    ("GET", rf"/api/{_REPOSITORY}/revision/(?P<revision>.+)", Handler.info),
    ("GET", rf"/api/{_REPOSITORY}/tree/(?P<revision>[^/]+)", Handler.tree),
    ("POST", r"/api/repos/create", Handler.create_repository),
    ("POST", rf"/api/{_REPOSITORY}/branch/(?P<branch>.+)", Handler.create_branch),
    ("POST", r"/api/validate-yaml", Handler.validate),
    ("POST", rf"/api/{_REPOSITORY}/preupload/(?P<revision>.+)", Handler.preupload),
    ("POST", rf"/api/{_REPOSITORY}/commit/(?P<revision>.+)", Handler.make_commit),
    ("POST", rf"/{_FILES}\.git/info/lfs/objects/batch", Handler.batch),
    ("PUT", r"/storage/(?P<digest>[0-9a-f]+)", Handler.store),
    ("GET HEAD", r"/storage/(?P<digest>[0-9a-f]+)", Handler.stored),
    ("GET HEAD", rf"/{_FILES}/resolve/(?P<revision>[^/]+)/(?P<file>.+)", Handler.resolve),
)
