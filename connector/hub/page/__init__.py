"""The hub's page at `/`: what is connected, what the plan is, what was delivered, and what needs somebody.

`site` has the routes, `session` the login, `words` the filters of the templates. Everything works without the
script, which adds keys and reloads the page in the background.
"""
