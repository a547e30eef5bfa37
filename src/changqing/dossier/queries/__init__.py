"""Questions to the dossier, each taking the reader."""
