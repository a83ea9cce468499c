"""OpenCL C: the text of kernels."""
