"""The expressions of rules: an *expression* is XPath 2.0, compiled once and asked of many documents; a *function* of the namespace `urn:n2n:customs:functions` does what XPath cannot.

elementpath says what an expression means. What means the same in XPath 1.0 is asked of libxml2 instead, which answers thirty times faster.
"""
