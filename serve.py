"""The server around ``app.py``: ``streamlit run serve.py``.

Refuses to listen beyond this machine without sign-in, sends security headers, and gives files
only to the person they were made for.
"""

from streamlit.starlette import App

from ui import gate, log, server

gate.check_address()
log.to_lines()
app = App("app.py", middleware=server.MIDDLEWARE, routes=server.ROUTES)
