"""Zapier and n8n start a run only for posts whose signature fits the specification of Standard Webhooks."""

import json
from pathlib import Path

from support import n8n, zapier
from support.signed_posts import NOW, SECRET, Post, mistakes_of, signature

import openapi

KIND = "return_created"


def test_signature_is_the_published_example() -> None:
    secret, id_ = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    made = signature(secret, id_, "1614265330", '{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_zapier_starts_a_run_only_for_a_genuine_post() -> None:
    with zapier.started(zapier.APPS / openapi.HUB, HUB_BASE_URL="http://127.0.0.1:9") as started:

        def starts(post: Post, secret: str) -> bool:
            headers = {f"Http-{name.title()}": value for name, value in post.headers.items()}
            rows = started.run(
                f"triggers.{KIND}.operation.perform",
                auth={"base_url": "http://127.0.0.1:9", "api_key": "k"},
                now=NOW,
                subscribeData={"id": "sub_1", "secret": secret},
                rawRequest={"method": "POST", "querystring": "", "headers": headers, "content": post.content},
            )
            return bool(rows)

        assert mistakes_of(starts) == []


def test_n8n_starts_a_run_only_for_a_genuine_post(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with n8n.started(n8n.package_of(openapi.HUB), log) as package:

        def starts(post: Post, secret: str) -> bool:
            stored = {"active": json.dumps({"id": "sub_1", "secret": secret, "wanted": ""})}
            answer = package.call(
                "receive",
                now=NOW,
                parameters={"event": "returnCreated"},
                credential=n8n.credential({"api_key": "k"}, "http://127.0.0.1:9"),
                staticData={"node:Node": stored},
                headers=post.headers,
                content=post.content,
            )
            assert (answer["items"] is None) == (answer.get("status") == 401)
            return answer["items"] is not None

        assert mistakes_of(starts) == []
    refusals = log.read_text("utf-8")
    assert "its time differs from now by 901 seconds, more than 900." in refusals
    assert SECRET not in refusals
