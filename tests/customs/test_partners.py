"""Whom we believe: nobody, unless told."""

from node.customs.partners import Partners


def test_without_a_partner_file_nobody_is_believed():
    assert Partners() == Partners(anchors={}, timestamp_anchors=(), crls=(), bindings={})
