"""Words and rules of the field: frozen values, standard library only."""
