"""The lessons as a web site: JupyterLite on Pyodide, made from pinned downloads, without a server.

``python -m tools.website -o DIR`` builds it; with ``--lock`` it writes lock.json anew.
"""
