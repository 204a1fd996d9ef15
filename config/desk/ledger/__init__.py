"""The ledger in the open: every DND change of the business, what each came from, verifying and exporting it."""
