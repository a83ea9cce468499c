"""The lecture: pages and notebooks of an introduction, made by running its code."""
