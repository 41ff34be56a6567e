"""Who signed what is kept, and when it came."""

from datetime import timedelta

from node.store.signers import signers


def test_each_signed_message_is_named_with_its_signer_and_its_time(store, a):
    messages = store.messages
    later = a.NOW + timedelta(days=1)
    messages.accept_once(a.accepted("1@x", signer_sha256="aa"))
    messages.accept_once(a.accepted("2@x", signer_sha256=None))
    messages.accept_once(a.accepted("3@x", signer_sha256="bb", received_at=later))
    assert list(signers(messages)) == [("aa", a.NOW), ("bb", later)]
