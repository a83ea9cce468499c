"""Matrix products: kernels of tiles, and the search for the fastest tile."""
