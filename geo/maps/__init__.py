"""Draw the municipalities: what a view shows, in the browser and as a picture."""
