"""The hub: polls each connection once for all workflows, and delivers the events to their subscribers.

`lists` groups the triggers that read the same list, and `planning` computes how often each list can be polled
within the vendor's limits. `polling` polls the lists, `delivering` delivers the events, and `engine` decides
when each of them runs. `store` is the database, to which all other modules write in short transactions. `api`
implements the operations of `openapi/hub.yaml`.
"""
