"""Know who acts, what they may change, and what was changed; every change passes here."""
