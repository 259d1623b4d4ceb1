"""What answers beside the pages: the map's files, health, metrics, logs?"""
