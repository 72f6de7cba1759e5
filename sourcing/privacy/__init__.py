"""Rights of the people found."""
