"""Find, edit, check and give back the records of organisations and services."""
