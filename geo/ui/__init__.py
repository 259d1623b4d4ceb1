"""What does each page show on Streamlit, and how do its controls get into the address?"""
