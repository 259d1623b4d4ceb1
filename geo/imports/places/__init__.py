"""Which municipality and which point does an address mean?"""
