"""What is decided and shown: resolving, ranking, lists, export, privacy, command line."""
