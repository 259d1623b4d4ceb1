"""Draw the sections of the page of the survey rounds (調査)."""
