"""Everything the app knows and does, behind the door that `web` opens."""
