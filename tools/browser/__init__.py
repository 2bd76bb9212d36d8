"""A lesson in JupyterLab and Chromium: run (`lab`), moved (`moving`), pictured (`shoot`)."""
