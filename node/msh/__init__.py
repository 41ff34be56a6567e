"""The message service handler: the stories of submitting, sending and receiving, told over ports."""
