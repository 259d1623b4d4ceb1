"""How is each figure computed (scarcity, access, need, venues), by which formula?"""
