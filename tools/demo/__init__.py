"""`make demo`: sets the platform up as an operator would, feeds it as a HIS would, and serves it until Ctrl-C.

Runs inside `python -m ops_platform.embedded exec`, which brings the servers and ends them. Meets the platform only
through its commands, its web pages and its HTTP API; standard library only.
"""
