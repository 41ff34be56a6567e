"""The message service handler of a nation-to-nation customs exchange node."""
