"""The command ``paceline``: pipelines as files, checked, drawn, explained and run."""
