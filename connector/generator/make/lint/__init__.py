"""Make's checks of an app, offline."""
