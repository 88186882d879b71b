"""Sentences as values: they read as English, can be kept as plain data, and can be said in another language."""

from regimen.language.message import Message, decode, encode, join, listing, plural, say
from regimen.language.translator import LANGUAGES, translator

__all__ = ["LANGUAGES", "Message", "decode", "encode", "join", "listing", "plural", "say", "translator"]
