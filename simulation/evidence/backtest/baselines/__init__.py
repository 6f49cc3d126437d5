"""What a forecast must beat: simple continuations of a series, and the renewal models of the literature."""
