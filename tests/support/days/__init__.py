"""Days of a hub in virtual time: shops of all vendors live, and one hub polls and delivers as usual.

`shops` contains the shops in one sandbox, and `life` what happens in them. `network` is the way to the
vendors, which are away or refuse requests for some hours. `simulation` runs a hub through the days, `judging`
compares what it delivered with the sandbox's ledger and with the plan, `results` contains the figures, and
`picture` draws them.
"""
