"""HTTPS to and from partners: TLS contexts, the client that posts a message, and the sentence for each way that this can fail."""
