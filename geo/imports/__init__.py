"""Bring published lists into the store: read, say what would change, then all or nothing."""
