"""The text of an overlay: what is laid over a scenario, as a file that people read and change."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["overlay_text"]


def overlay_text(tree: Mapping[str, Any], notes: Sequence[str] = ()) -> str:
    """Return the YAML of an overlay; None stands for what it takes away.

    Parameters
    ----------
    tree
        What the file holds.
    notes
        Lines of the comment at its top.
    """
    from ruamel.yaml import YAML

    yaml = YAML()  # the safe writer would sort the keys
    yaml.width, yaml.allow_unicode, yaml.default_flow_style = 120, True, False
    yaml.representer.add_representer(
        type(None), lambda self, _: self.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    text = io.StringIO()
    yaml.dump(dict(tree), text)
    return "".join(f"# {line}\n" for line in notes) + text.getvalue()
