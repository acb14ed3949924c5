"""The contract report: one HTML file about both sides, from what the tests recorded (`make report`)."""
