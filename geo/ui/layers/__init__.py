"""What is laid over on 重ね地図, what did somebody drop there, and what lies inside a shape?"""
