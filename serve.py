"""The server around ``app.py``: ``streamlit run serve.py``.

Refuses to listen beyond this machine without sign-in, sends security headers, and gives files
only to the person they were made for.
"""

import gc

gc.disable()  # while modules are loaded there is nothing to collect

from streamlit.starlette import App

from ui.door import gate, log, server

gc.enable()
gc.freeze()  # and what was loaded stays: no collection looks at it again

gate.check_address()
log.to_lines()
app = App("app.py", middleware=server.MIDDLEWARE, routes=server.ROUTES, lifespan=server.lifespan)
