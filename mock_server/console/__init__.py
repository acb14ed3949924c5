"""The console: web pages that show a sandbox's data and run the operations of the control plane."""
