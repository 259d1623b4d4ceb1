"""What does each table hold, what may a cell be, and is a field 空白 or only 未確認?"""
