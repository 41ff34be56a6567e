"""The business: what a valid certificate of origin, AEO list or manifest is, and what each document changes.

A *pack* brings the types, rules, lists and life cycles of documents as files. A *finding* is one thing that a *rule* says about one place of a document; all of them
make the *verdict*. A *seal* is the signature of an authority over a document. A *register* is what we know, since when, and from which message. The *ladder* says how far the partner has come with what we sent.
"""
