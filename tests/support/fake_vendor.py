"""A fake vendor for the connector's tests: queued answers, recorded requests, and a clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

BASE_URL = "https://api.shop.example.com/v1"
KEY = "sandbox-demo-returnmate"


@dataclass
class Time:
    """A clock that only sleeping advances."""

    now: datetime = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def clock(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@dataclass
class Wire:
    """Answers requests from a queue (the last answer repeats) and records them."""

    answers: list[Answer] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)

    def reply(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        return answer(request)


def rows(*found: dict[str, Any], total: int | None = None) -> httpx.Response:
    meta = {"page": 1, "per_page": 100, "total": len(found) if total is None else total, "total_pages": 1}
    return httpx.Response(200, json={"success": True, "data": list(found), "meta": meta})


def one(code: int = 200, **found: Any) -> httpx.Response:
    return httpx.Response(code, json={"success": True, "data": found})


def refusal(
    status: int, code: str = "", message: str = "", headers: Any = None, **details: Any
) -> httpx.Response:
    error = {"code": code, "message": message, "details": details}
    return httpx.Response(status, json={"success": False, "error": error}, headers=headers)
