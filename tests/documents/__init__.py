"""The documents' generated parts: tables, written between markers, and the recorded terminal session."""
