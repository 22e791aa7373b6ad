"""A column that holds a keyed digest is of a class that says what a rotation does with it."""

from django.apps import apps
from django.db import models

from jygroups.lib import store
from jygroups.lib.digests import SealField, UnstoredIndexField
from jygroups.lib.encryption import BlindIndexField, EncryptedField, EncryptedFileField

CLASSES = (BlindIndexField, store.StoredDigestField, SealField, UnstoredIndexField)


def test_each_column_of_a_digest_is_of_such_a_class():
    def is_digest(field):
        words = ("digest", "seal", "index", "hash")
        return isinstance(field, models.CharField) and (
            field.max_length == 64 or any(word in field.name for word in words)
        )

    unknown = [
        str(field)
        for model in apps.get_models() if model._meta.app_label in ("registry", "subsidies")
        for field in model._meta.concrete_fields
        if is_digest(field) and not isinstance(field, CLASSES) and field.name != "sha256"
    ]  # fmt: skip
    assert unknown == []


def test_each_index_is_of_an_encrypted_field_beside_it():
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, BlindIndexField):
                assert isinstance(model._meta.get_field(field.source), EncryptedField | EncryptedFileField)
