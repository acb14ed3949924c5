"""What several test folders share: a running sandbox."""
