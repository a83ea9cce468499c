"""Graphs as scenes: blocks, edges and what is written on them."""
