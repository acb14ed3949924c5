"""The module of Make apps that downloads a label: a file by its address, without the login."""

import httpx
import pytest
from support.each import each
from support.make.all_steps import connected
from support.make.requests import MakeError

from connector.definition.compiler import integration, vendors
from connector.definition.paths import marked
from connector.generator.make.app import render

LABELS = "https://labels.example.com"
PDF = b"%PDF-1.7 \xff\x00"


def has_labels(vendor: str) -> bool:
    return any(True for one in integration(vendor).resources.values() for _ in marked(one.fields, "file"))


WITH_LABELS = [vendor for vendor in vendors() if has_labels(vendor)]


def downloaded(
    vendor: str, url: str, answer: httpx.Response
) -> tuple[list[dict[str, object]], list[httpx.Request]]:
    sent: list[httpx.Request] = []

    def answered(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return answer

    shop = connected(vendor, answered)
    shop.wire.hosts = {LABELS: LABELS}
    return shop.run("downloadLabel", label_url=url), sent


def test_app_has_the_module_if_its_records_have_labels() -> None:
    assert WITH_LABELS
    for vendor in each(vendors()):
        files = render(integration(vendor))
        assert ("src/modules/download-label/download-label.communication.iml.json" in files) == has_labels(
            vendor
        )


@pytest.mark.parametrize("vendor", WITH_LABELS)
@pytest.mark.parametrize(
    ("path", "name"),
    [("/a/L-17.pdf?expires=1", "L-17.pdf"), ("/a/L-17", "L-17.pdf"), ("/a/L-17.PDF", "L-17.PDF")],
)
def test_file_is_downloaded_without_the_login(vendor: str, path: str, name: str) -> None:
    answer = httpx.Response(200, content=PDF, headers={"content-type": "application/pdf"})
    (bundle,), (request,) = downloaded(vendor, LABELS + path, answer)
    assert bundle == {"file_name": name, "data": PDF}
    secrets = [one.key for one in integration(vendor).authentication.fields if one.secret]
    sent = f"{request.url} {list(request.headers.raw)}"
    assert not [key for key in each(secrets) if f"sandbox-demo-{key}" in sent]


@pytest.mark.parametrize("vendor", WITH_LABELS)
@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, "text/html"), (200, "application/json"), (302, "application/pdf"), (404, "a/b"), (503, "a/b")],
)
def test_anything_but_a_file_is_an_error(vendor: str, status: int, kind: str) -> None:
    answer = httpx.Response(status, content=b"{}", headers={"content-type": kind, "location": LABELS})
    with pytest.raises(MakeError, match="It may have expired") as refused:
        downloaded(vendor, f"{LABELS}/L-17", answer)
    assert refused.value.type == "DataError"


@pytest.mark.parametrize("url", ["http://labels.example.com/L-17", "/L-17", "file:///etc/hosts"])
def test_address_must_be_secure(url: str) -> None:
    with pytest.raises(MakeError) as refused:
        downloaded(WITH_LABELS[0], url, httpx.Response(200, content=PDF))
    assert refused.value.type == "BundleValidationError"
