"""Export of contacts with their DND state, grounds and sources: as a job, by page and by REST."""
