"""Write what leaves: the sheet of a town, slides, the handout, the plan, for a meeting."""
