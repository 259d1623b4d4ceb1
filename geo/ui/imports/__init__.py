"""Show what an import would do."""
