"""SM4-GCM (GM/T 0002) with the interface of cryptography's AESGCM."""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

TAG_BYTES = 16  # at the end of what is encrypted


class SM4GCM:
    def __init__(self, key: bytes):
        self._algorithm = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, content: bytes, context: bytes | None) -> bytes:
        encryptor = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(context or b"")
        return encryptor.update(content) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, encrypted: bytes, context: bytes | None) -> bytes:
        """Raises InvalidTag."""
        decryptor = Cipher(self._algorithm, modes.GCM(nonce, encrypted[-TAG_BYTES:])).decryptor()
        decryptor.authenticate_additional_data(context or b"")
        return decryptor.update(encrypted[:-TAG_BYTES]) + decryptor.finalize()
