"""Graphs as pictures: Mermaid's text, and SVG laid out here."""
