"""One page of the window per module; pages never import each other."""
