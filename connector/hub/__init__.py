"""The hub: polls each connection once for all workflows, and delivers the events to their subscribers.

`lists` groups the triggers that share a reading, `planning` computes how often each list can be polled within
the vendor's limits, `store` keeps everything in a database, `polling` polls, `delivering` delivers, and
`engine` decides when. `api` implements the operations of `openapi/hub.yaml`.
"""
