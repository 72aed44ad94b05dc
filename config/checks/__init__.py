"""Rules that span several sections, checked on whatever is valid by itself."""
