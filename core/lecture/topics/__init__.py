"""The topics of the lecture, a file of words and code for each."""
