"""Where a participant is reached, and with what: names, metadata and the directory.

A *participant* is who finally sends or receives; a *service* is a document type of it; *metadata* says at which endpoint, under which transport profile and
with which certificate a service is reached. A *publisher* (SMP) signs metadata; a *locator* (BDXL) tells from DNS who publishes for a participant.
Nothing here opens a socket: octets and records come in, values go out.
"""
