"""Which requests reach the APIs: keys and limits at a vendor's, page, name and token at the control plane."""
