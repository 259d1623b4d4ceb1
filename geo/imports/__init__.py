"""What would a file bring: which column is what, which place is an address, what is refused?"""
