"""What is public, brought in: sources, engines and the network door; runs without a database."""
