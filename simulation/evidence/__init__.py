"""From what an organisation knows to assumptions, and back: histories, fits, backtests, the reason for a miss."""
