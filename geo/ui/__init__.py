"""What does each page show, and with which controls? Streamlit is met here."""
