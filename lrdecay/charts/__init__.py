"""The charts with sliders that the chapters show."""
