"""Show it on Streamlit; nothing else here knows Streamlit, but the server."""
