"""Hold the tables: what a cell may be, read and checked, as one Dataset."""
