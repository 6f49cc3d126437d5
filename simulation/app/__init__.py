"""The web page, a thin layer over the library: browser, view, desk, bench, worker process, task, picture."""
