"""Renders shipping labels as A6 PDFs that have a barcode and are marked as samples."""

from io import BytesIO

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A6
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from mock_server.pages.label import Label

_WIDTH, _HEIGHT = A6
_MARGIN = 8 * mm
_LONGEST_LINE = 34
_NOTICE = "SAMPLE – NOT VALID FOR SHIPPING"


def render(label: Label) -> bytes:
    """Render a label as a one-page PDF; the same label always results in exactly the same bytes."""
    output = BytesIO()
    canvas = Canvas(output, pagesize=A6, invariant=1)
    canvas.setTitle(f"Label {label.tracking_number}")
    canvas.rect(_MARGIN / 2, _MARGIN / 2, _WIDTH - _MARGIN, _HEIGHT - _MARGIN)
    top = _HEIGHT - _MARGIN - 8 * mm
    canvas.setFont("Helvetica-Bold", 18)
    canvas.drawString(_MARGIN, top, _title(label.carrier))
    canvas.setFont("Helvetica", 12)
    canvas.drawString(_MARGIN, top - 8 * mm, _title(label.service))
    canvas.drawString(
        _MARGIN, top - 15 * mm, f"{_title(label.direction)} · {label.reference}"[:_LONGEST_LINE]
    )
    _draw_barcode(canvas, label.tracking_number)
    canvas.setFont("Helvetica-Bold", 11)
    canvas.drawCentredString(_WIDTH / 2, _MARGIN + 4 * mm, _NOTICE)
    canvas.showPage()
    canvas.save()
    return output.getvalue()


def _draw_barcode(canvas: Canvas, tracking_number: str) -> None:
    # The first barcode, with bars of width 1, only measures how wide the bars may be.
    available = _WIDTH - 2 * _MARGIN
    barcode = Code128(tracking_number, barHeight=28 * mm, barWidth=1, quiet=False)
    barcode = Code128(
        tracking_number, barHeight=28 * mm, barWidth=min(1.2, available / barcode.width), quiet=False
    )
    middle = _HEIGHT / 2 - 20 * mm
    barcode.drawOn(canvas, (_WIDTH - barcode.width) / 2, middle)
    canvas.setFont("Courier-Bold", 13)
    canvas.drawCentredString(_WIDTH / 2, middle - 7 * mm, tracking_number)


def _title(code: str) -> str:
    """Format a code such as `australia_post` as a title, such as `Australia Post`."""
    return code.replace("_", " ").title()[:_LONGEST_LINE]
