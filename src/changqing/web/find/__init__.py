"""Find: any account, person, page or deed by Chinese, pinyin or initials; the palette asks here."""
