"""What does a map show, in which colours, in a browser and as a picture?"""
