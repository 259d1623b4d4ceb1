"""Hold study plans: what the planner chose, the figures it rests on, saved."""
