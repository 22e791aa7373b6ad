"""The project: settings, addresses, menu, and what both apps share."""
