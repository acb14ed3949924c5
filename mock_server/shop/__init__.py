"""A merchant's own shop as seed data: products, customers, orders and returns in a vendor-neutral format.

A shop comes from a YAML file (`--seed-file`) or from a request to the control plane. The schema `Shop` in
`openapi/sandbox.yaml` describes its fields.
"""
