"""One module per place that leads are sent to."""
