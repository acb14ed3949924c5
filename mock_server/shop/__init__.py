"""A merchant's own shop as seed data: products, customers, orders and returns in neutral words.

A shop comes from a YAML file (`--seed-file`) or a request of the control plane. The schema `Shop` in
`openapi/sandbox.yaml` describes its fields.
"""
