"""Matrix products: tiled kernels, and the search for the fastest tile."""
