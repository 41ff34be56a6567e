"""Documents that the node makes itself: responses, reports of use, verification requests, queries and their answers. Each is octets that pass the check of their pack."""
