"""What the stages need from the world; the adapters in `providers` and `store` fulfil it."""
