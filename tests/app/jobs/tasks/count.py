"""Counts slowly, and shows how far it is."""

import time


def work(request, tell):
    for done in range(request["to"]):
        tell.progress(done, request["to"])
        tell.picture({"done": done})
        time.sleep(request.get("pause", 0.01))
    return {"done": request["to"], "echo": request.get("say")}
