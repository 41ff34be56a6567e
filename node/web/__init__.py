"""The HTTP side of the node: the MSH endpoint that partners post to, and the admin pages for operators on an address of their own."""
