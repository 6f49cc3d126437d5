"""The command `membersim`: one module a command, heavy imports only inside the command that needs them."""

from simulation.cli.app import main

__all__ = ["main"]
