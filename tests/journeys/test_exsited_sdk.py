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
rmas, told = sdk.return_merchandise_authorisations, {}
"""
READS = """
listed = rmas.list(limit=3)
told["listed"] = [one.id for one in listed.returnMerchandiseAuthorisations]
told["paged"] = [one.id for one in rmas.list(limit=2, offset=1).returnMerchandiseAuthorisations]
oldest = rmas.list(limit=1, order_by="created_on", direction=SortDirection.ASC)
told["oldest"] = oldest.returnMerchandiseAuthorisations[0].id
told["pagination"] = listed.pagination.to_dict()
first = listed.returnMerchandiseAuthorisations[0]
told["details"] = rmas.details(first.id).returnMerchandiseAuthorisation.to_dict()
of_invoice = rmas.invoice_list(first.invoiceId, limit=5).invoice.returnMerchandiseAuthorisations
told["of_invoice"] = [one.id for one in of_invoice]
told["one_of_invoice"] = rmas.invoice_rma_details(first.invoiceId, first.id).invoice.to_dict()
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
told["made"] = made.to_dict()
arrived = ReceiveReturnMerchandiseAuthorisationsListDTO(
    receiveReturns=[ReceiveReturnDTO(rmaReceiveQuantity="1", uuid=made.returns[0].uuid)]
)
arrived = CreateReceiveReturnMerchandiseAuthorisationsDTO(receiveReturnMerchandiseAuthorisations=arrived)
now = rmas.invoice_receive_rma_create(invoice.id, made.id, arrived).returnMerchandiseAuthorisation
told["now"] = now.to_dict()
receipts = rmas.receive_list(invoice.id, made.id).receiveReturnMerchandiseAuthorisations
told["receipts"] = [one.to_dict() for one in receipts]
one = rmas.receive_details(invoice.id, made.id, receipts[0].id)
told["receipt"] = one.receiveReturnMerchandiseAuthorisation.to_dict()
try:
    rmas.invoice_rma_create(invoice.id, CreateReturnMerchandiseAuthorisationDTO())
except ABException as refused:
    told["refused"] = [str(refused), refused.get_errors()]
"""
INVOICES = """
listed = sdk.invoice.list(limit=3)
told["listed"] = [one.id for one in listed.invoices]
first = listed.invoices[0]
told["details"] = sdk.invoice.details(first.id).invoice.to_dict()
told["information"] = sdk.invoice.information(first.id).invoice.to_dict()
told["account"] = [one.id for one in sdk.invoice.invoice_account(first.accountId).account.invoices]
told["order"] = sdk.invoice.invoice_details_against_order(first.orderId).invoice.id
told["order_list"] = [one.invoice.id for one in sdk.invoice.invoice_details_list_against_order(first.orderId)]
told["order_v3"] = sdk.invoice.invoice_details_against_order_v3(first.orderId).id
told["pdf"] = sdk.invoice.get_invoice_pdf(first.id, format="hex")
try:
    sdk.invoice.get_invoice_pdf("INV-0")
except ABException as refused:
    told["no_pdf"] = refused.get_errors()
v3 = sdk.invoice.invoice_list_against_order_v3(first.orderId, limit=5)
told["order_list_v3"] = [one.id for one in v3.order.invoices]
"""
Told = dict[str, Any]
Run = Callable[..., Told]


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

    def run(script: str, **more: str) -> Told:
        tokens = str(folder / f"tokens-{next(numbers)}.json")
        login = {**found["fields"], "base_url": found["base_url"], "tokens": tokens, **more}
        done = subprocess.run(
            [
                python,
                "-I",
                "-W",
                "ignore",
                "-c",
                f"{PRELUDE}{script}\nprint(json.dumps(told))",
                json.dumps(login),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        told: Told = json.loads(done.stdout.splitlines()[-1])
        return told

    return run


def rows(sandbox: Sandbox, path: str) -> Any:
    with sandbox.client("exsited", "sdk") as client:
        answer = client.get(f"/api/v3/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_library_reads_returns(sandbox: Sandbox, library: Run) -> None:
    told = library(READS)
    known = rows(sandbox, "return-merchandise-authorisations?limit=3")["return_merchandise_authorisations"]
    assert told["listed"] == [one["id"] for one in known]
    assert told["paged"] == told["listed"][1:3]
    assert told["oldest"] not in told["listed"]
    assert (told["pagination"]["records"], told["pagination"]["limit"]) == (150, 3)
    assert told["details"] == known[0]
    assert told["listed"][0] in told["of_invoice"]
    assert told["one_of_invoice"] == {"return_merchandise_authorisation": known[0]}


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
    told = library(WRITES, invoice=free["id"])
    made, now = told["made"], told["now"]
    assert (made["customer_return_status"], made["note"], made["version"]) == (
        "PENDING",
        "From the library",
        "0",
    )
    assert (now["id"], now["customer_return_status"], now["received_count"]) == (made["id"], "CLOSED", "1")
    assert rows(sandbox, f"return-merchandise-authorisations/{made['id']}") == {
        "return_merchandise_authorisation": now
    }
    assert told["receipts"] == [told["receipt"]]
    assert told["receipt"]["receive_returns"][0]["item_uuid"] == free["lines"][0]["item_uuid"]
    exception, errors = told["refused"]
    assert "Validation Errors" in exception
    assert any("return_merchandise_authorisations" in one for one in errors)


def test_library_reads_invoices(sandbox: Sandbox, library: Run) -> None:
    told = library(INVOICES)
    known = rows(sandbox, "invoices?limit=3")["invoices"]
    first = known[0]
    assert told["listed"] == [one["id"] for one in known]
    for name in ("details", "information"):
        read = told[name]
        assert (read["id"], read["total"], read["version"]) == (first["id"], first["total"], first["version"])
        assert [line["uuid"] for line in read["lines"]] == [line["uuid"] for line in first["lines"]]
    assert first["id"] in told["account"]
    assert {told["order"], told["order_v3"]} == {first["id"]}
    (page,) = pypdf.PdfReader(io.BytesIO(bytes.fromhex(told["pdf"]))).pages
    assert f"Invoice {first['id']}" in page.extract_text()
    assert told["no_pdf"] == ["No invoice has the id INV-0."]
    assert told["order_list"] == told["order_list_v3"] == [first["id"]]


def test_library_without_a_token_file_logs_in_after_a_401(library: Run) -> None:
    """Its first call sends no token, and the library expects 401 in reply."""
    told = library("""
sdk = ExsitedSDK().init_sdk(request_token_dto=asked)
told["first"] = sdk.return_merchandise_authorisations.list(limit=1).pagination.records
asked.clientSecret = "nobody"
try:
    ExsitedSDK().init_sdk(request_token_dto=asked).return_merchandise_authorisations.list()
except ABException as refused:
    told["refused"] = str(refused)
""")
    assert told["first"] >= 150
    assert "Failed to authenticate" in told["refused"]
