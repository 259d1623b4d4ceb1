"""Find the municipality and the point of an address."""
