from functools import partial
from ipaddress import ip_network

import pytest

from tests.registry.notifications.chat_server import chat_server


@pytest.fixture
def chat(settings):
    """A chat server at a loopback address, to which the settings let messages go."""
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    with chat_server() as chat:
        yield chat


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    """A block whose transaction is committed at its end."""
    return partial(django_capture_on_commit_callbacks, execute=True)
