"""What is measured: a module for each work, with one function that returns its lines."""
