"""The certificate of the hub: a story is played with a hub that polls the shop and delivers to targets.

`process` is one process of a hub in virtual time, which can end at named steps. `targets` receive the
deliveries and answer as the story says. `lateness` compares the time of each delivery with the published
bound, and `poller` joins them for a story.
"""
