"""Views on records: each takes records and gives text or a picture; none computes a verdict of its own."""
