"""Why the child process does not read a file."""


class FileRefused(Exception):
    """With the reason as a key of sandbox.REASONS."""


class Malformed(Exception):
    """A part of the file is nothing that a spreadsheet writes."""


class TooManyRows(Malformed):
    """A cell repeats over more rows than a table of people has."""


class PasswordNeeded(Exception):
    """The workbook has a password."""
