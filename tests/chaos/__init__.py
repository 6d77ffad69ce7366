"""What machines and networks do at their worst, on real processes; `python -m tests.chaos` runs all of it."""
