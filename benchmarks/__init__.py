"""How fast Heed is, each figure as a ratio to a reference that is measured beside it in the same run.

`make bench` runs all of them on servers of their own; `make bench ONLY="engine delivery"` some of them.
"""
