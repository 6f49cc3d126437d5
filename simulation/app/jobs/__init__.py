"""Work for the page in processes of its own, so that nobody waits for anybody's simulation."""
