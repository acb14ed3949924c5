"""Writes whose answer is lost: one vendor's sandbox on a socket, every write, every fault, every runtime."""
