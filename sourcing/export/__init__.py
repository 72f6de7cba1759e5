"""Leads out, planned before they are pushed."""
