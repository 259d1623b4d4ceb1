"""Run it from a command line: python -m geo COMMAND."""
