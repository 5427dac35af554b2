"""A visitor of the app without a browser: speaks as the page does, through the queue and in a session of its own."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

API = "/gradio_api"


class RefusalError(RuntimeError):
    """What the app said instead of an answer."""


class Visitor:
    """Somebody who has opened the page.

    Parameters
    ----------
    http : httpx.Client
        Leads to the app; its headers are the visitor's.
    """

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._session = secrets.token_hex(8)
        self._functions = functions(http.get("/config").raise_for_status().json())

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        """Send a file and return it as questions name it."""
        sent = self._http.post(f"{API}/upload", files={"files": (name, content)}).raise_for_status()
        return {"path": sent.json()[0], "orig_name": name, "meta": {"_type": "gradio.FileData"}}

    def ask(self, function: str, *inputs: object, event: object = None) -> list[Any]:
        """Return what a function answers, by an endpoint's name or ``element.event``.

        Raises
        ------
        RefusalError
            If it answers with an error.
        httpx.HTTPError
            If nothing comes back.
        """
        return self._answer(self.begin(function, *inputs, event=event))

    def begin(self, function: str, *inputs: object, event: object = None) -> str:
        """Ask without waiting for the answer, and return by what the queue calls it.

        Raises
        ------
        RefusalError
            If it is not let into the queue.
        """
        number, trigger = self._functions[function]
        asked = {"data": inputs, "event_data": event, "fn_index": number, "trigger_id": trigger}
        joined = self._http.post(f"{API}/queue/join", json=asked | {"session_hash": self._session})
        if joined.status_code != httpx.codes.OK:
            raise RefusalError(f"{joined.status_code}: {joined.json().get('detail', '')}")
        return str(joined.json()["event_id"])

    def _answer(self, event: str) -> list[Any]:
        with self._http.stream("GET", f"{API}/queue/data", params={"session_hash": self._session}) as told:
            for line in told.iter_lines():
                message = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if message.get("event_id") != event or message["msg"] != "process_completed":
                    continue
                if not message["success"]:
                    raise RefusalError(str(message["output"].get("error") or "an error without words"))
                return list(message["output"]["data"])
        raise RefusalError("The answer broke off.")


def functions(config: Mapping[str, Any]) -> dict[str, tuple[int, int | None]]:
    """Return the number and the trigger of what the page can ask, by endpoint and by ``element.event``."""
    elements = {each["id"]: each["props"].get("elem_id") for each in config["components"]}
    known: dict[str, tuple[int, int | None]] = {}
    for each in config["dependencies"]:
        if not each["backend_fn"]:
            continue
        if each["api_name"]:
            known.setdefault(str(each["api_name"]), (each["id"], None))
        for component, event in each["targets"]:
            known.setdefault(f"{elements.get(component)}.{event}", (each["id"], component))
    return known


def same(one: Any, other: Any, tolerance: float = 1e-4) -> bool:
    """Return whether two answers are the same but for rounding."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key], tolerance) for key in one)
    if isinstance(one, Sequence) and isinstance(other, Sequence) and not isinstance(one, str):
        return len(one) == len(other) and all(same(a, b, tolerance) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, int | float):
        return abs(one - other) <= tolerance * max(1.0, abs(one))
    return bool(one == other)
