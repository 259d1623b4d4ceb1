"""What would a file bring: which column is what, where an address lies, what is refused?"""
