"""OpenCL C: the text of kernels, from the nodes that they compute."""
