"""Read a file into organisations and services, with an account of every row."""
