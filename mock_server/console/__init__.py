"""The console: the sandbox's web pages for people, which show and do what the control plane's API does."""
