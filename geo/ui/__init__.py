"""What does each page show on Streamlit, and with which controls?"""
