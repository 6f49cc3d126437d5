"""What-if: scenarios compared on the same people with the same luck, and the decisions that follow."""
