"""Telling people how runs ended: messages, what sends them, and sending each at least once."""
