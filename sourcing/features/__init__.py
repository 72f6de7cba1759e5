"""What people did, measured: the allow-list of features."""
