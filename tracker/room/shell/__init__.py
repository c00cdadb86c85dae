"""The application around the routes: errors, headers, limits, the process that serves."""
