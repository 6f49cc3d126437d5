"""membersim: a what-if laboratory for recurring-revenue organisations."""

__version__ = "0.1.0"
