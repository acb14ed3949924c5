"""Renders Exsited's invoices as A4 PDF documents marked as samples; layout and contents are assumed."""

import textwrap
from collections.abc import Mapping
from decimal import Decimal
from io import BytesIO
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

_WIDTH, _HEIGHT = A4
_MARGIN = 20 * mm
_RIGHT = _WIDTH - _MARGIN
_ROW = 5 * mm
_LONGEST_NAME = 40
_COLUMNS = (("Quantity", _MARGIN + 110 * mm), ("Price", _MARGIN + 140 * mm), ("Total", _RIGHT))
"""The numeric columns, each with its heading and the position of its right edge."""
_TOTALS = ("subtotal", "tax", "total", "paid", "due")
_NOTICE = "SAMPLE – NOT A TAX INVOICE"


def render(invoice: Mapping[str, Any]) -> bytes:
    """Render an `Invoice` as a PDF document; the same invoice always results in the same bytes."""
    output = BytesIO()
    canvas = Canvas(output, pagesize=A4, invariant=1)
    canvas.setTitle(f"Invoice {invoice['id']}")
    sheet = _Sheet(canvas)
    _draw_head(sheet, invoice)
    _draw_lines(sheet, invoice)
    _draw_totals(sheet, invoice)
    sheet.end()
    canvas.save()
    return output.getvalue()


class _Sheet:
    """The pages of a PDF: draws rows of text from top to bottom, and starts a new page if one is full."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.y = _HEIGHT - _MARGIN

    def row(self, left: str, *numbers: tuple[str, float], bold: bool = False, size: int = 10) -> None:
        """Draw one row of text.

        `left` is drawn at the left margin. Each of `numbers` is a right-aligned string, paired with the
        position of its right edge.
        """
        if self.y < _MARGIN + 2 * _ROW:
            self.end()
            self.y = _HEIGHT - _MARGIN
        self.canvas.setFont("Helvetica-Bold" if bold else "Helvetica", size)
        self.canvas.drawString(_MARGIN, self.y, left)
        for text, edge in numbers:
            self.canvas.drawRightString(edge, self.y, text)
        self.y -= _ROW

    def rule(self) -> None:
        """Draw a horizontal line between the margins, followed by half a row of empty space."""
        self.canvas.line(_MARGIN, self.y + 3 * mm, _RIGHT, self.y + 3 * mm)
        self.y -= _ROW / 2

    def end(self) -> None:
        """Draw the sample notice at the bottom of the page, and finish the page."""
        self.canvas.setFont("Helvetica-Bold", 11)
        self.canvas.drawCentredString(_WIDTH / 2, _MARGIN / 2, _NOTICE)
        self.canvas.showPage()


def _draw_head(sheet: _Sheet, invoice: Mapping[str, Any]) -> None:
    sheet.row(f"Invoice {invoice['id']}", bold=True, size=16)
    sheet.row("")
    for text in _wrapped(f"Customer: {invoice['account_name']} ({invoice['account_id']})", 2 * _LONGEST_NAME):
        sheet.row(text)
    sheet.row(f"Order: {invoice['order_id']}")
    sheet.row(f"Issued: {invoice['issue_date']}")
    sheet.row(f"Due: {invoice['due_date']}")
    sheet.row(f"Payment: {invoice['payment_status']}")
    sheet.row("")


def _draw_lines(sheet: _Sheet, invoice: Mapping[str, Any]) -> None:
    sheet.row("Item", *_COLUMNS, bold=True)
    sheet.rule()
    edges = [edge for _, edge in _COLUMNS]
    for line in invoice["lines"]:
        numbers = (line["item_order_quantity"], _money(line["item_price"]), _money(line["total"]))
        name, *more = _wrapped(line["item_name"], _LONGEST_NAME)
        sheet.row(name, *zip(numbers, edges, strict=True))
        for text in [*more, *_wrapped(line["item_id"], _LONGEST_NAME)]:
            sheet.row(text, size=9)
    sheet.row("")


def _draw_totals(sheet: _Sheet, invoice: Mapping[str, Any]) -> None:
    sheet.rule()
    currency = invoice["currency"]["name"]
    (_, label), (_, amount) = _COLUMNS[1:]
    for name in _TOTALS:
        numbers = (name.capitalize(), label), (f"{currency} {_money(invoice[name])}", amount)
        sheet.row("", *numbers, bold=name == "total")


def _money(text: str) -> str:
    """Format an amount with two decimals and thousands separators, such as `1,234.50`."""
    return f"{Decimal(text):,.2f}"


def _wrapped(text: str, longest: int) -> list[str]:
    """Wrap a string into rows of at most `longest` characters; an empty string becomes one empty row."""
    return textwrap.wrap(text, longest) or [""]
