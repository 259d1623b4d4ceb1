"""Show the five steps of a study plan."""
