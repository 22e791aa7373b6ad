"""Small tools of no subject; they import libraries only."""
