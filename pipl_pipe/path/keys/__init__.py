"""The kinds of values in paths: text, number, frame and time."""

from pipl_pipe.path.keys.base import TemplateKey
from pipl_pipe.path.keys.integer import IntegerKey
from pipl_pipe.path.keys.sequence import SequenceKey
from pipl_pipe.path.keys.string import StringKey
from pipl_pipe.path.keys.timestamp import TimestampKey

__all__ = ["IntegerKey", "SequenceKey", "StringKey", "TemplateKey", "TimestampKey"]
