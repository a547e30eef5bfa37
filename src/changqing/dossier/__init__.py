"""The dossier: what people write about accounts: their entry, facts, notes, files, merges, saved lists."""
