"""Find where social resources are scarce among Hokkaido's 179 municipalities."""
