"""Who is who: areas, bodies, members, their offices, and the users of the site."""
