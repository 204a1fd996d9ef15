"""Import: the page and the jobs, which see contacts and DND at once. What a file may do to DND is decided here."""
