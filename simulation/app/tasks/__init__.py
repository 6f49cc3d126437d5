"""What a worker process does: each task asks the library and returns plain data. Nothing here knows a browser."""
