"""What does the page データの取り込み show?"""
