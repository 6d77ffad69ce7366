"""What Volley knows: plain data and pure functions, no I/O, no clock, no environment."""
