"""How uploads come in."""

import io

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler


class LeftOut(InMemoryUploadedFile):
    """A file of a request that was too large: its name and size, without its content."""


class InMemory(MemoryFileUploadHandler):
    """Uploads stay in memory: what they hold is not to lie on the disk in clear.

    Of a request that is too large each file comes as LeftOut, so that a form can refuse it in words.
    """

    def receive_data_chunk(self, raw_data, start):
        return super().receive_data_chunk(raw_data, start) if self.activated else None

    def file_complete(self, file_size):
        if self.activated:
            return super().file_complete(file_size)
        return LeftOut(io.BytesIO(), self.field_name, self.file_name, self.content_type, file_size, self.charset)
