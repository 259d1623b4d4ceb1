"""How is one record found, edited, reviewed, checked, and given away as open data?"""
