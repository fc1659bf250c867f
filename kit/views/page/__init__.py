"""A run, a path or a log as one HTML file that plays: no server, no kernel, no request."""
