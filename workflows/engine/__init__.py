"""Runs what is due: in sets, a transaction for each, until it waits or ends."""
