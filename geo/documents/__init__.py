"""What leaves for paper and meetings: karte, slides, handout, plan, links, QR codes?"""
