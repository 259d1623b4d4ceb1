"""What does each command of `python -m geo` do?"""
