"""A program that uses the connector; the tests misspell one word at a time."""

import asyncio

import connector


async def main() -> None:
    async with connector.open(
        "returnmate", base_url="http://127.0.0.1:4010/returnmate/v1", api_key="k"
    ) as rm:
        polled = await rm.triggers["new_return"].poll()
        for event in polled.events:
            print(event.data["order_number"], event.data["customer"]["email"])
        created = await rm.actions["create_return"](
            order_number="#1001",
            customer_email="iris.lane@example.com",
            items=[{"sku": "TEE-NVY-M", "quantity": 1, "reason": "defective"}],
        )
        print(created["rma_number"].upper())
        found = await rm.shop("another").searches["find_return"](rma_number="RMA-2026-001234")
        print(found[0]["rma_number"].upper())
        answer = await rm.operations.list_returns(status=["pending", "approved"])
        print([row["status"] for row in answer.data])


if __name__ == "__main__":
    asyncio.run(main())
