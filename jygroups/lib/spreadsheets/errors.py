"""Why the child process does not read a file."""


class FileRefused(Exception):
    """With the reason as a key of sandbox.REASONS."""


class Malformed(Exception):
    """A part of the file is nothing that a spreadsheet writes."""


class TooMany(Malformed):
    """A sheet has more of something than a table of people, mostly below its last row."""


class PasswordNeeded(Exception):
    """The workbook has a password."""
