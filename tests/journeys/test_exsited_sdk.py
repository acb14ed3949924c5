"""The vendor's published Python library, unmodified, against the sandbox.

The library runs in a separate environment, with only the requirements that these calls need.
"""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdf
import pytest
from support.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
LIBRARY = ("exsited==1.0.40", "portalocker==3.2.0")
NEEDS = ("requests", "urllib3", "idna", "certifi", "charset-normalizer")
PRELUDE = """
import json, sys
from exsited.exsited.auth.dto.token_dto import RequestTokenDTO
from exsited.exsited.common.common_enum import SortDirection
from exsited.exsited.exsited_sdk import ExsitedSDK
from exsited.http.file_token_manager import FileTokenManager
from exsited.common.ab_exception import ABException
from exsited.exsited.return_merchandise_authorisations.dto.return_merchandise_authorisations_dto import *

login = json.loads(sys.argv[1])
asked = RequestTokenDTO(
    grantType="client_credentials",
    clientId=login["client_id"],
    clientSecret=login["client_secret"],
    redirectUri=login["redirect_uri"],
    exsitedUrl=login["base_url"],
)
sdk = ExsitedSDK().init_sdk(request_token_dto=asked, file_token_mgr=FileTokenManager(login["tokens"]))
rmas, out = sdk.return_merchandise_authorisations, {}
"""
READS = """
listed = rmas.list(limit=3)
out["listed"] = [one.id for one in listed.returnMerchandiseAuthorisations]
out["paged"] = [one.id for one in rmas.list(limit=2, offset=1).returnMerchandiseAuthorisations]
oldest = rmas.list(limit=1, order_by="created_on", direction=SortDirection.ASC)
out["oldest"] = oldest.returnMerchandiseAuthorisations[0].id
out["pagination"] = listed.pagination.to_dict()
first = listed.returnMerchandiseAuthorisations[0]
out["details"] = rmas.details(first.id).returnMerchandiseAuthorisation.to_dict()
of_invoice = rmas.invoice_list(first.invoiceId, limit=5).invoice.returnMerchandiseAuthorisations
out["of_invoice"] = [one.id for one in of_invoice]
out["one_of_invoice"] = rmas.invoice_rma_details(first.invoiceId, first.id).invoice.to_dict()
"""
WRITES = """
invoice = sdk.invoice.details(login["invoice"]).invoice
line = invoice.lines[0]
payload = ReturnMerchandiseAuthorisationCreationDTO(
    date="2026-10-14", note="From the library",
    returns=[RmaReturnDataDTO(rmaQuantity="1", itemUuid=line.itemUuid, uuid=line.uuid)],
)
payload = CreateReturnMerchandiseAuthorisationDTO(returnMerchandiseAuthorisations=payload)
made = rmas.invoice_rma_create(invoice.id, payload).invoice.returnMerchandiseAuthorisation
out["made"] = made.to_dict()
arrived = ReceiveReturnMerchandiseAuthorisationsListDTO(
    receiveReturns=[ReceiveReturnDTO(rmaReceiveQuantity="1", uuid=made.returns[0].uuid)]
)
arrived = CreateReceiveReturnMerchandiseAuthorisationsDTO(receiveReturnMerchandiseAuthorisations=arrived)
now = rmas.invoice_receive_rma_create(invoice.id, made.id, arrived).returnMerchandiseAuthorisation
out["now"] = now.to_dict()
receipts = rmas.receive_list(invoice.id, made.id).receiveReturnMerchandiseAuthorisations
out["receipts"] = [one.to_dict() for one in receipts]
one = rmas.receive_details(invoice.id, made.id, receipts[0].id)
out["receipt"] = one.receiveReturnMerchandiseAuthorisation.to_dict()
try:
    rmas.invoice_rma_create(invoice.id, CreateReturnMerchandiseAuthorisationDTO())
except ABException as refused:
    out["refused"] = [str(refused), refused.get_errors()]
"""
INVOICES = """
listed = sdk.invoice.list(limit=3)
out["listed"] = [one.id for one in listed.invoices]
first = listed.invoices[0]
out["details"] = sdk.invoice.details(first.id).invoice.to_dict()
out["information"] = sdk.invoice.information(first.id).invoice.to_dict()
out["account"] = [one.id for one in sdk.invoice.invoice_account(first.accountId).account.invoices]
out["order"] = sdk.invoice.invoice_details_against_order(first.orderId).invoice.id
out["order_list"] = [one.invoice.id for one in sdk.invoice.invoice_details_list_against_order(first.orderId)]
out["order_v3"] = sdk.invoice.invoice_details_against_order_v3(first.orderId).id
out["pdf"] = sdk.invoice.get_invoice_pdf(first.id, format="hex")
try:
    sdk.invoice.get_invoice_pdf("INV-0")
except ABException as refused:
    out["no_pdf"] = refused.get_errors()
v3 = sdk.invoice.invoice_list_against_order_v3(first.orderId, limit=5)
out["order_list_v3"] = [one.id for one in v3.order.invoices]
"""
Output = dict[str, Any]
Run = Callable[..., Output]


def library_python(folder: Path) -> Path:
    """Create an environment with the library, without the database drivers it also requires."""
    uv = str(Path(sys.executable).with_name("uv"))
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("RETURNS_", "PYTHON"))}

    def do(*command: str) -> None:
        done = subprocess.run([uv, *command], capture_output=True, text=True, check=False, env=plain)
        assert done.returncode == 0, done.stdout + done.stderr

    do("venv", "--quiet", "--python", sys.executable, str(folder))
    python = folder / "bin" / "python"
    lock = str(ROOT / "requirements.lock")
    install = ("pip", "install", "--quiet", "--no-deps", "--python", str(python), "-c", lock)
    do(*install, *NEEDS)
    do(*install[:-2], *LIBRARY)
    return python


@pytest.fixture(scope="module")
def library(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a function that runs a script with the library and returns what the script reports."""
    folder = tmp_path_factory.mktemp("library")
    python = library_python(folder / "env")
    tenant = sandbox.tenant("sdk", limits="off")
    found = sandbox.credentials("exsited", tenant)
    numbers = iter(range(100))

    def run(script: str, **more: str) -> Output:
        tokens = str(folder / f"tokens-{next(numbers)}.json")
        login = {**found["fields"], "base_url": found["base_url"], "tokens": tokens, **more}
        done = subprocess.run(
            [
                python,
                "-I",
                "-W",
                "ignore",
                "-c",
                f"{PRELUDE}{script}\nprint(json.dumps(out))",
                json.dumps(login),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        out: Output = json.loads(done.stdout.splitlines()[-1])
        return out

    return run


def rows(sandbox: Sandbox, path: str) -> Any:
    with sandbox.client("exsited", "sdk") as client:
        answer = client.get(f"/api/v3/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_library_reads_returns(sandbox: Sandbox, library: Run) -> None:
    out = library(READS)
    known = rows(sandbox, "return-merchandise-authorisations?limit=3")["return_merchandise_authorisations"]
    assert out["listed"] == [one["id"] for one in known]
    assert out["paged"] == out["listed"][1:3]
    assert out["oldest"] not in out["listed"]
    assert (out["pagination"]["records"], out["pagination"]["limit"]) == (150, 3)
    assert out["details"] == known[0]
    assert out["listed"][0] in out["of_invoice"]
    assert out["one_of_invoice"] == {"return_merchandise_authorisation": known[0]}


def test_library_creates_and_receives_a_return(sandbox: Sandbox, library: Run) -> None:
    taken = {
        one["invoice_id"]
        for offset in (0, 100)
        for one in rows(sandbox, f"return-merchandise-authorisations?limit=100&offset={offset}")[
            "return_merchandise_authorisations"
        ]
    }
    free = next(
        one
        for one in rows(sandbox, "invoices?limit=100")["invoices"]
        if one["id"] not in taken and one["lines"][0]["item_order_quantity"] == "1"
    )
    out = library(WRITES, invoice=free["id"])
    made, now = out["made"], out["now"]
    assert (made["customer_return_status"], made["note"], made["version"]) == (
        "PENDING",
        "From the library",
        "0",
    )
    assert (now["id"], now["customer_return_status"], now["received_count"]) == (made["id"], "CLOSED", "1")
    assert rows(sandbox, f"return-merchandise-authorisations/{made['id']}") == {
        "return_merchandise_authorisation": now
    }
    assert out["receipts"] == [out["receipt"]]
    assert out["receipt"]["receive_returns"][0]["item_uuid"] == free["lines"][0]["item_uuid"]
    exception, errors = out["refused"]
    assert "Validation Errors" in exception
    assert any("return_merchandise_authorisations" in one for one in errors)


def test_library_reads_invoices(sandbox: Sandbox, library: Run) -> None:
    out = library(INVOICES)
    known = rows(sandbox, "invoices?limit=3")["invoices"]
    first = known[0]
    assert out["listed"] == [one["id"] for one in known]
    for name in ("details", "information"):
        read = out[name]
        assert (read["id"], read["total"], read["version"]) == (first["id"], first["total"], first["version"])
        assert [line["uuid"] for line in read["lines"]] == [line["uuid"] for line in first["lines"]]
    assert first["id"] in out["account"]
    assert {out["order"], out["order_v3"]} == {first["id"]}
    (page,) = pypdf.PdfReader(io.BytesIO(bytes.fromhex(out["pdf"]))).pages
    assert f"Invoice {first['id']}" in page.extract_text()
    assert out["no_pdf"] == ["No invoice has the id INV-0."]
    assert out["order_list"] == out["order_list_v3"] == [first["id"]]


def test_library_without_a_token_file_logs_in_after_a_401(library: Run) -> None:
    """Its first call sends no token, and the library expects 401 in reply."""
    out = library("""
sdk = ExsitedSDK().init_sdk(request_token_dto=asked)
out["first"] = sdk.return_merchandise_authorisations.list(limit=1).pagination.records
asked.clientSecret = "unknown"
try:
    ExsitedSDK().init_sdk(request_token_dto=asked).return_merchandise_authorisations.list()
except ABException as refused:
    out["refused"] = str(refused)
""")
    assert out["first"] >= 150
    assert "Failed to authenticate" in out["refused"]
