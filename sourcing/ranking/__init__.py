"""How well it fits, and why."""
