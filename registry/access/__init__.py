"""Who may do what: roles and their permissions, and the one backend that answers."""
