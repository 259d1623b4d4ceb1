"""Serve the app: routes beside Streamlit, health, figures, logs."""
