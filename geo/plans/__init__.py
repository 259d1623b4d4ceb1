"""What did a planner choose for a study, on which figures, and how is it kept?"""
