"""Figures of the page: plain data in, a Plotly figure out."""
