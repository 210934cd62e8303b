"""End-to-end pipelines built only on paceline's public functions."""
