"""Show and edit single records."""
