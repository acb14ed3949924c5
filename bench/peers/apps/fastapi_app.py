"""A FastAPI application with pydantic models, as one would write it by hand for ReturnMate's returns.

It keeps the returns in a dictionary, checks the login, and validates requests and responses with its models.
"""

import itertools
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field


class Customer(BaseModel):
    email: str
    name: str | None


class Item(BaseModel):
    id: str
    sku: str
    name: str | None
    quantity: int
    unit_price: float
    reason: str
    notes: str | None


class Summary(BaseModel):
    id: str
    rma_number: str
    status: str
    order_number: str
    return_type: str
    currency: str
    customer: Customer
    items: list[Item]
    created_at: str
    updated_at: str


class Detail(Summary):
    notes: list[Any]
    shipments: list[Any]
    timeline: list[Any]
    refund: Any


class Meta(BaseModel):
    page: int
    per_page: int
    total: int
    total_pages: int


class ReturnPage(BaseModel):
    success: bool
    data: list[Summary]
    meta: Meta


class Envelope(BaseModel):
    success: bool
    data: Detail


class NewItem(BaseModel):
    sku: str = Field(min_length=1)
    quantity: int = Field(ge=1)
    reason: Literal[
        "changed_mind", "wrong_size", "wrong_item", "damaged_in_transit", "defective", "not_as_described"
    ]
    unit_price: Decimal = Decimal("131.15")
    notes: str | None = None


class NewReturn(BaseModel):
    order_number: str = Field(min_length=1)
    customer_email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    return_type: Literal["refund", "exchange", "store_credit"] = "refund"
    items: list[NewItem] = Field(min_length=1)


def create() -> FastAPI:
    """Create the application with the returns in the file that the variable `BENCH_RECORDED` names."""
    ready: dict[str, Any] = json.loads(Path(os.environ["BENCH_RECORDED"]).read_text())
    login = ready["list"]["login"]
    first = Detail(**json.loads(ready["one"]["body"])["data"])
    nothing: dict[str, Any] = {"notes": [], "shipments": [], "timeline": [], "refund": None}
    listed = [Detail(**row, **nothing) for row in json.loads(ready["list"]["body"])["data"]]
    returns = {one.id: one for one in [*listed, first]}
    numbers = itertools.count(151)
    app = FastAPI(openapi_url=None)

    def check_login(request: Request) -> None:
        if request.headers.get("authorization") != login:
            raise HTTPException(401, "An API key is required.")

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, problem: RequestValidationError) -> JSONResponse:
        return JSONResponse({"success": False, "error": str(problem.errors()[0]["msg"])}, 400)

    @app.get("/rmas", response_model=ReturnPage, dependencies=[Depends(check_login)])
    async def list_returns(page: int = 1, per_page: int = 25) -> Any:
        rows = listed[(page - 1) * per_page : page * per_page]
        meta = {"page": page, "per_page": per_page, "total": len(listed), "total_pages": 1}
        return {"success": True, "data": rows, "meta": meta}

    @app.get("/rmas/{id_}", response_model=Envelope, dependencies=[Depends(check_login)])
    async def get_return(id_: str) -> Any:
        if id_ not in returns:
            raise HTTPException(404, f"No return has the id {id_}.")
        return {"success": True, "data": returns[id_]}

    @app.post("/rmas", response_model=Envelope, status_code=201, dependencies=[Depends(check_login)])
    async def create_return(new: NewReturn) -> Any:
        number = next(numbers)
        items = [
            Item(id=f"itm_{number:010d}{place:02d}", name=None, **{**item.model_dump(), "unit_price": 131.15})
            for place, item in enumerate(new.items)
        ]
        made = first.model_copy(
            update={
                "id": f"rma_{number:012d}",
                "rma_number": f"RMA-2026-{number:06d}",
                "order_number": new.order_number,
                "return_type": new.return_type,
                "customer": Customer(email=new.customer_email, name=None),
                "items": items,
            }
        )
        returns[made.id] = made
        return {"success": True, "data": made}

    return app
