"""Reading files of contacts: their encoding, their records, their columns and their cells. Nothing here writes."""
