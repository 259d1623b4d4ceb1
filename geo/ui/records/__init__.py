"""What do 台帳の編集 and the form of a record show?"""
