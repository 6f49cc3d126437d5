"""Who runs time, and what is counted."""
