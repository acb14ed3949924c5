"""The delivery certificate: a trigger polls a shop under an adversary, and the ledger is the oracle.

`acts` changes the shop, `adversary` disturbs the requests, `crashes` ends the process at named points, and
`delivery` runs a story: acts and polls, one after another. `invariants` judges the story; each promise is a
function with its name. `stories` draws stories, `search` finds and shrinks one that breaks an invariant, and
`exhibits` are the known mistakes that have to break one.
"""
