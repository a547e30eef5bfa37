"""An account's entry: created, edited, archived; many changed at once; deeds taken back."""
