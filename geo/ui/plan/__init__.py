"""What do the five steps of 調査研究計画 show?"""
