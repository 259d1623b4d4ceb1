"""What do a file's rows say, read into organisations and services, none passed over?"""
