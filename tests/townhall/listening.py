"""Somebody who listens to a hall, as a page does: keeps what it was told, and remembers every number it heard."""

import contextlib
import json
from collections.abc import Callable
from typing import Any, Self
from uuid import uuid4

from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from tests.people import ADDRESS, Community

OURS = {"origin": ADDRESS, "accept-language": "en"}


class Picture:
    """What a page shows, by what it was told."""

    def __init__(self) -> None:
        self.epoch = 0
        self.at: dict[str, int] = {}
        self.state = ""
        self.questions: dict[str, dict[str, Any]] = {}
        self.own: dict[str, dict[str, Any]] = {}
        self.waiting = -1
        self.numbers: list[tuple[str, int]] = []
        self.said = ""

    def takes(self, frame: dict[str, Any]) -> None:
        """One frame."""
        self.said += json.dumps(frame, ensure_ascii=False)
        match frame["op"]:
            case "snapshot":
                self._takes_all(frame)
            case "batch" | "resume":
                self._takes_events(frame)
            case "state":
                self.state = frame["d"]["st"]
            case _:
                pass

    def _takes_all(self, frame: dict[str, Any]) -> None:
        self.epoch, self.at[frame["ch"]] = frame["epoch"], frame["s"]
        stands = frame["d"]
        self.state = stands.get("st", self.state)
        if "questions" in stands:
            self.questions = {each["id"]: each for each in stands["questions"]}
        if "own" in stands:
            self.own = {each["id"]: each for each in stands["own"]}
        self.waiting = stands.get("waiting", self.waiting)

    def _takes_events(self, frame: dict[str, Any]) -> None:
        channel, last, count = frame["ch"], frame["s"], frame["n"]
        assert last - count == self.at[channel], "a number is missing, or came twice"
        assert frame["epoch"] == self.epoch
        self.at[channel] = last
        self.numbers += [(channel, number) for number in range(last - count + 1, last + 1)]
        for event in frame["ev"]:
            kind, told = event["t"], event["d"]
            if kind == "question" and "html" in told:
                self.questions[told["id"]] = told
            elif kind == "gone":
                self.questions.pop(told["id"], None)
            elif kind == "tally":
                for question, count in told:
                    if question in self.questions:
                        self.questions[question] = {**self.questions[question], "n": count}
            elif kind == "own":
                self.own[told["id"]] = told
            elif kind == "state":
                self.state = told["st"]
            elif kind == "waiting":
                self.waiting = told

    def asks_since(self, browser: TestClient, code: str) -> Self:
        """Bring it up to date by asking."""
        since = ",".join(f"{channel}:{number}" for channel, number in self.at.items())
        answer = browser.get(f"/h/{code}/since?epoch={self.epoch}&since={since}", headers={"accept-language": "en"})
        assert answer.status_code == 200, answer.status_code
        for frame in answer.json()["frames"]:
            self.takes(frame)
        return self

    @property
    def stands(self) -> object:
        """What it shows, to be compared."""
        return self.state, self.questions, self.own, self.waiting


class Ear:
    """A socket of somebody's browser."""

    def __init__(
        self, community: Community, browser: TestClient, code: str, *, query: str = "", picture: Picture | None = None
    ) -> None:
        browser.portal = community.portal
        self._browser = browser
        self.picture = picture or Picture()
        self._opening = browser.websocket_connect(f"ws://localhost:8000/h/{code}/live{query}", headers=OURS)
        self.line: WebSocketTestSession

    def __enter__(self) -> Self:
        self.line = self._opening.__enter__()
        self.sends({"op": "hello", "p": 1, "epoch": self.picture.epoch, "since": self.picture.at})
        return self

    def __exit__(self, *problem: object) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            self._opening.__exit__(*problem)

    def sends(self, message: object) -> None:
        """Say something."""
        self.line.send_text(message if isinstance(message, str) else json.dumps(message))

    def hears(self) -> dict[str, Any]:
        """The next frame."""
        frame: dict[str, Any] = json.loads(self.line.receive_text())
        self.picture.takes(frame)
        return frame

    def hears_of(self, words: str) -> dict[str, Any]:
        """Frames until one has these words."""
        for _ in range(50):
            frame = self.hears()
            if words in json.dumps(frame, ensure_ascii=False):
                return frame
        raise AssertionError(f"nothing came of {words}")

    def shows(self, there: Callable[[Picture], bool]) -> None:
        """Frames until the page shows this; it may show it already."""
        for _ in range(50):
            if there(self.picture):
                return
            self.hears()
        raise AssertionError("it is never shown")

    def is_told_everything(self) -> Self:
        """What stands on all of its channels has come."""
        self.hears_of('"ch": "pub"')
        return self

    def does(self, what: str, command: str = "", **fields: str | bool) -> dict[str, Any]:
        """Send a command, and wait for its answer."""
        command = command or str(uuid4())
        self.sends({"op": "cmd", "id": command, "do": what, "d": fields})
        return self.hears_of(command)

    def is_closed_with(self) -> int:
        """The code with which it is closed, whatever comes before."""
        try:
            for _ in range(50):
                self.hears()
        except WebSocketDisconnect as closed:
            return closed.code
        raise AssertionError("it stays open")
